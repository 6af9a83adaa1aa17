import Contracts

extension FocusProject {
  func message(role: Role?, seconds: Int64) -> Project {
    Project(
      id: id, name: name, description: description, ownerID: ownerID,
      visibility: Contracts.Visibility(number: visibility.rawValue),
      role: role.map { ProjectRole(number: $0.rawValue) }, totalSeconds: seconds,
      createdAt: createdAt, updatedAt: updatedAt, version: version)
  }

  /// What others learn of the project; of a deleted one, that it is gone.
  func event(isDeleted: Bool) -> ProjectChanged {
    ProjectChanged(
      projectID: id, ownerID: ownerID, name: isDeleted ? "" : name,
      visibility: Contracts.Visibility(number: visibility.rawValue), deleted: isDeleted,
      version: version, createdMs: createdAt)
  }
}

extension FocusProject.Visibility {
  /// Members only, where nothing else is said.
  init(_ visibility: Contracts.Visibility) {
    self = visibility == .public ? .everybody : .members
  }
}

extension ProjectStore.View {
  var message: Project { project.message(role: role, seconds: seconds) }
}

extension MemberStore.Member {
  var message: ProjectMember {
    ProjectMember(
      projectID: projectID, userID: userID, username: username,
      role: ProjectRole(number: role.rawValue), createdAt: createdAt)
  }
}
