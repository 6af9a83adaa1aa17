import Testing

@testable import Sessions

struct ProjectAccessTests {
  private func verdicts(
    _ visibility: FocusProject.Visibility, _ role: FocusProject.Role?
  ) -> [ProjectAccess.Verdict] {
    let access = ProjectAccess(visibility: visibility, role: role)
    return [ProjectAccess.Use.see, .book, .manage].map(access.verdict)
  }

  @Test func aPrivateProjectIsHiddenFromStrangers() {
    #expect(verdicts(.members, nil) == [.hidden, .hidden, .hidden])
  }

  @Test func aPublicProjectIsOnlySeenByStrangers() {
    #expect(verdicts(.everybody, nil) == [.allowed, .forbidden, .forbidden])
  }

  @Test(arguments: [FocusProject.Visibility.everybody, .members])
  func aRoleSaysWhatAMemberMayDo(visibility: FocusProject.Visibility) {
    #expect(verdicts(visibility, .viewer) == [.allowed, .forbidden, .forbidden])
    #expect(verdicts(visibility, .contributor) == [.allowed, .allowed, .forbidden])
    #expect(verdicts(visibility, .owner) == [.allowed, .allowed, .allowed])
  }

  @Test func aChangeOfNothingChangesNothing() {
    let project = FocusProject(
      id: "a", ownerID: "b", name: "Thesis", description: "old", visibility: .members,
      createdAt: 5, updatedAt: 5, version: 1)
    #expect(
      project.changed(name: "Thesis", description: nil, visibility: .members, now: 9) == project)
    let changed = project.changed(name: nil, description: "", visibility: .everybody, now: 9)
    #expect(changed.description == nil)
    #expect(changed.visibility == .everybody)
    #expect(changed.version == 2)
    #expect(changed.updatedAt == 9)
  }
}
