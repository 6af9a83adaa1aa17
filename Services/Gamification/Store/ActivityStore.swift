import Contracts
import Postgres

/// Posts, projects and time entries, as far as badges and timelines go.
public struct ActivityStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// Counts a post's state.
  func apply(_ post: PostChanged) async throws -> Counted {
    Counted(
      try await database.write(
        "SELECT taken AS counted, told FROM take_post($1, $2, $3, $4, $5, $6)",
        [
          .uuid(post.userID), .uuid(post.postID), .int64(post.version), .string(post.title),
          .int64(post.createdMs), .bool(post.gone),
        ], durability: .asynchronous))
  }

  /// Takes a project's state; false where this or a newer one is known already.
  func apply(_ project: ProjectChanged) async throws -> Bool {
    let rows = try await database.write(
      "SELECT take_project($1, $2, $3, $4, $5, $6, $7) AS taken",
      [
        .uuid(project.projectID), .uuid(project.ownerID), .int64(project.version),
        .string(project.name), .bool(project.visibility == .public), .int64(project.createdMs),
        .bool(project.deleted),
      ], durability: .asynchronous)
    return rows.first?.bool("taken") ?? false
  }

  /// Counts a time entry's state.
  func apply(_ entry: TimeEntryChanged) async throws -> Counted {
    Counted(
      try await database.write(
        "SELECT taken AS counted, told FROM take_entry($1, $2, $3, $4, $5, $6, $7)",
        [
          .uuid(entry.userID), .uuid(entry.entryID), .int64(entry.version),
          .uuid(entry.projectID), .int64(entry.startMs), .int64(max(entry.endMs, entry.startMs)),
          .bool(entry.deleted),
        ], durability: .asynchronous))
  }
}
