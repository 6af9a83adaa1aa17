import Contracts
import EventLoop
import Events
import Security
import Wire

/// Projects and who belongs to them.
public final class Projects {
  /// The topic of `ProjectChanged`.
  public static let topic = "project.changed"

  let store: ProjectStore
  let members: MemberStore
  let users: KnownUsers
  private let deliver: FocusSessions.Delivery
  /// Milliseconds since the epoch.
  let now: () -> Int64

  /// How often a change is tried again that another one has forestalled.
  private static let attemptsMax = 8

  public init(
    store: ProjectStore, members: MemberStore, users: KnownUsers,
    now: @escaping () -> Int64 = { WallClock.milliseconds },
    deliver: @escaping FocusSessions.Delivery
  ) {
    self.store = store
    self.members = members
    self.users = users
    self.now = now
    self.deliver = deliver
  }

  // MARK: - Helpers

  /// The project, where the caller may use it so.
  func view(
    _ id: String, to use: ProjectAccess.Use, _ context: CallContext
  ) async throws -> ProjectStore.View {
    guard let view = try await store.view(id, for: context.userID) else {
      throw ProjectRefusal.notFound
    }
    try ProjectAccess(visibility: view.project.visibility, role: view.role).check(use)
    return view
  }

  private func event(_ project: FocusProject, isDeleted: Bool = false) throws -> Event {
    try Event(topic: Self.topic, project.event(isDeleted: isDeleted))
  }
}

extension Projects: ProjectsService {
  public func createProject(
    _ request: CreateProjectRequest, _ context: CallContext
  ) async throws -> Project {
    let userID = try context.userID
    // What the database does not know of the account yet, it learns here.
    _ = try await users.current(of: userID, context)
    let now = now()
    let project = FocusProject(
      id: UUIDv7.makeText(), ownerID: userID, name: request.name,
      description: request.description.flatMap { $0.isEmpty ? nil : $0 },
      visibility: request.visibility.map { .init($0) } ?? .members, createdAt: now,
      updatedAt: now, version: 1)
    let event = try event(project)
    guard try await store.insert(project, event) else {
      users.forget(userID)
      throw Refusal.changedMeanwhile
    }
    await deliver(event, context)
    return project.message(role: .owner, seconds: 0)
  }

  public func listProjects(
    _ request: ListProjectsRequest, _ context: CallContext
  ) async throws -> ProjectList {
    let userID = try context.userID
    let page = try PageRequest(limit: request.limit, cursor: request.cursor)
    let views =
      if request.visibility == .public {
        try await store.publicPage(for: userID, page)
      } else {
        try await store.page(of: userID, request.visibility.map { .init($0) }, page)
      }
    let (items, next) = page.cut(views) {
      PageCursor(key: $0.project.createdAt, id: $0.project.id)
    }
    return ProjectList(items: items.map(\.message), nextCursor: next)
  }

  public func getProject(
    _ request: GetProjectRequest, _ context: CallContext
  ) async throws -> Project {
    try await view(request.id, to: .see, context).message
  }

  public func updateProject(
    _ request: UpdateProjectRequest, _ context: CallContext
  ) async throws -> Project {
    for _ in 0..<Self.attemptsMax {
      var view = try await view(request.id, to: .manage, context)
      let project = view.project.changed(
        name: request.name, description: request.description,
        visibility: request.visibility.map { .init($0) }, now: now())
      if project == view.project { return view.message }
      let event = try event(project)
      guard try await store.update(project, event) else { continue }
      await deliver(event, context)
      view.project = project
      return view.message
    }
    throw Refusal.changedMeanwhile
  }

  public func deleteProject(
    _ request: DeleteProjectRequest, _ context: CallContext
  ) async throws -> Empty {
    for _ in 0..<Self.attemptsMax {
      let project = try await view(request.id, to: .manage, context).project
      var gone = project
      gone.version += 1
      let event = try event(gone, isDeleted: true)
      guard try await store.delete(project, event) else { continue }
      await deliver(event, context)
      return Empty()
    }
    throw Refusal.changedMeanwhile
  }
}
