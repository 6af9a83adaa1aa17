/// A project, as the service keeps it.
nonisolated struct FocusProject: Hashable, Sendable {
  var id: String
  var ownerID: String
  var name: String
  var description: String?
  var visibility: Visibility
  /// Milliseconds since the epoch.
  var createdAt: Int64
  var updatedAt: Int64
  /// Counts up by one for each change.
  var version: Int64

  /// The values are those of the contract's enum, and of the database.
  enum Visibility: Int32, Sendable {
    case everybody = 1
    case members = 2
  }

  /// The values are those of the contract's enum, and of the database.
  enum Role: Int32, Sendable {
    case owner = 1
    case contributor = 2
    case viewer = 3
  }

  /// The project with a change in it; the same one where nothing differs.
  ///
  /// - Parameter description: empty removes it.
  func changed(
    name: String?, description: String?, visibility: Visibility?, now: Int64
  ) -> FocusProject {
    var project = self
    if let name { project.name = name }
    if let description { project.description = description.isEmpty ? nil : description }
    if let visibility { project.visibility = visibility }
    guard project != self else { return self }
    project.version += 1
    project.updatedAt = max(now, updatedAt)
    return project
  }
}
