import Events
import Postgres

/// Projects in the database. Who may change one, and which of two changes comes first, is decided by
/// the statement that changes it.
public struct ProjectStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  /// A project as somebody sees it.
  struct View {
    var project: FocusProject
    /// Nil for who is no member.
    var role: FocusProject.Role?
    /// Of all members.
    var seconds: Int64
  }

  // MARK: - Reading

  /// A project that somebody may see.
  func view(_ id: String, for userID: String) async throws -> View? {
    try await database.read(Self.find, [.uuid(id), .uuid(userID)]).first.map(View.init)
  }

  /// What somebody may do with a project; nil where there is none.
  func access(to id: String, of userID: String) async throws -> ProjectAccess? {
    let rows = try await database.read(Self.findAccess, [.uuid(id), .uuid(userID)])
    return rows.first.map { row in
      ProjectAccess(visibility: .init(row), role: row.optionalInt32("role").flatMap { .init($0) })
    }
  }

  /// The projects of a member, the newest first.
  func page(
    of userID: String, _ visibility: FocusProject.Visibility?, _ page: PageRequest
  ) async throws -> [View] {
    try await database.read(
      Self.findOfMember,
      [
        .uuid(userID), .int32(visibility?.rawValue), .uuid(page.cursor?.id), .int32(page.fetched),
      ]
    ).map(View.init)
  }

  /// All public projects, the newest first.
  func publicPage(for userID: String, _ page: PageRequest) async throws -> [View] {
    try await database.read(
      Self.findPublic, [.uuid(userID), .uuid(page.cursor?.id), .int32(page.fetched)]
    ).map(View.init)
  }

  /// The names of those projects that somebody may see, by id.
  func names(of ids: [String], for userID: String) async throws -> [String: String] {
    let rows = try await database.read(Self.findNames, [.uuids(ids), .uuid(userID)])
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.uuid("id"), $0.string("name")) })
  }

  // MARK: - Changing

  /// Makes a project with its owner as its first member; false where the account is gone.
  func insert(_ project: FocusProject, _ event: Event) async throws -> Bool {
    try await database.write(
      """
      WITH owner AS (
        SELECT user_id FROM user_settings WHERE user_id = $2 AND NOT deleted FOR SHARE
      ), project AS (
        INSERT INTO projects (
          id, owner_id, name, description, visibility, created_at, updated_at, version)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM owner
      ), member AS (
        INSERT INTO project_members (project_id, user_id, role, created_at)
        SELECT $1, $2, 1, $6 FROM owner
      )
      INSERT INTO outbox (id, topic, payload) SELECT $9::uuid, $10::text, $11::bytea FROM owner
      """,
      [
        .uuid(project.id), .uuid(project.ownerID), .string(project.name),
        .string(project.description), .int32(project.visibility.rawValue),
        .timestamp(project.createdAt), .timestamp(project.updatedAt), .int64(project.version),
      ] + event.values
    ).affectedRows == 1
  }

  /// Writes a project whose version was counted up by one; false where it has changed meanwhile.
  func update(_ project: FocusProject, _ event: Event) async throws -> Bool {
    try await database.write(
      """
      WITH changed AS (
        UPDATE projects
        SET name = $3, description = $4, visibility = $5, updated_at = $6, version = $7
        WHERE id = $1 AND owner_id = $2 AND version = $7 - 1 RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $8::uuid, $9::text, $10::bytea FROM changed
      """,
      [
        .uuid(project.id), .uuid(project.ownerID), .string(project.name),
        .string(project.description), .int32(project.visibility.rawValue),
        .timestamp(project.updatedAt), .int64(project.version),
      ] + event.values
    ).affectedRows == 1
  }

  /// Deletes a project of this version; false where it has changed meanwhile.
  func delete(_ project: FocusProject, _ event: Event) async throws -> Bool {
    try await database.write(
      """
      WITH gone AS (
        DELETE FROM projects WHERE id = $1 AND owner_id = $2 AND version = $3 RETURNING id
      )
      INSERT INTO outbox (id, topic, payload) SELECT $4::uuid, $5::text, $6::bytea FROM gone
      """,
      [.uuid(project.id), .uuid(project.ownerID), .int64(project.version)] + event.values
    ).affectedRows == 1
  }
}
