import Postgres

/// Who belongs to a project, in the database. The owner's row is never changed or removed.
public struct MemberStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  struct Member {
    var projectID: String
    var userID: String
    var username: String
    var role: FocusProject.Role
    /// Milliseconds since the epoch.
    var createdAt: Int64
  }

  enum Addition {
    case added(Member)
    case alreadyMember
    /// The project is gone or no longer the owner's, or the account is gone.
    case gone
  }

  /// In the order in which they came; the owner was first.
  func page(of projectID: String, _ page: PageRequest) async throws -> [Member] {
    try await database.read(
      """
      SELECT project_id, user_id, COALESCE(username, '') AS username, role, created_at
      FROM project_members JOIN user_settings USING (user_id)
      WHERE project_id = $1 AND (created_at, user_id) > (
        COALESCE($2::timestamptz, '-infinity'),
        COALESCE($3::uuid, '00000000-0000-0000-0000-000000000000'))
      ORDER BY created_at, user_id LIMIT $4::int4
      """,
      [
        .uuid(projectID), .timestamp(page.cursor?.key), .uuid(page.cursor?.id),
        .int32(page.fetched),
      ]
    ).map(Member.init)
  }

  /// Adds somebody to a project of this owner.
  func insert(
    _ userID: String, _ role: FocusProject.Role, to projectID: String, of ownerID: String,
    now: Int64
  ) async throws -> Addition {
    do {
      let rows = try await database.write(
        """
        WITH known AS (
          SELECT user_id, COALESCE(username, '') AS username FROM user_settings
          WHERE user_id = $2 AND NOT deleted AND EXISTS (
            SELECT FROM projects WHERE id = $1 AND owner_id = $4)
          FOR SHARE
        ), added AS (
          INSERT INTO project_members (project_id, user_id, role, created_at)
          SELECT $1, user_id, $3, $5 FROM known
          RETURNING project_id, user_id, role, created_at
        )
        SELECT project_id, user_id, username, role, created_at FROM added JOIN known USING (user_id)
        """,
        [
          .uuid(projectID), .uuid(userID), .int32(role.rawValue), .uuid(ownerID), .timestamp(now),
        ])
      return rows.first.map { .added(Member($0)) } ?? .gone
    } catch {
      if error.isUniqueViolation { return .alreadyMember }
      // The project went in the same moment.
      if error.isForeignKeyViolation { return .gone }
      throw error
    }
  }

  /// Gives a member of this owner's project another role; nil where there is no such member.
  func update(
    _ userID: String, _ role: FocusProject.Role, of projectID: String, ownedBy ownerID: String
  ) async throws -> Member? {
    try await database.write(
      """
      UPDATE project_members AS member SET role = $3 FROM user_settings AS known
      WHERE member.project_id = $1 AND member.user_id = $2 AND member.role <> 1
        AND known.user_id = $2
        AND EXISTS (SELECT FROM projects WHERE id = $1 AND owner_id = $4)
      RETURNING member.project_id, member.user_id, COALESCE(known.username, '') AS username,
        member.role, member.created_at
      """,
      [.uuid(projectID), .uuid(userID), .int32(role.rawValue), .uuid(ownerID)]
    ).first.map(Member.init)
  }

  /// False where there is no such member.
  func delete(_ userID: String, of projectID: String) async throws -> Bool {
    try await database.write(
      "DELETE FROM project_members WHERE project_id = $1 AND user_id = $2 AND role <> 1",
      [.uuid(projectID), .uuid(userID)]
    ).affectedRows == 1
  }
}

extension MemberStore.Member {
  init(_ row: Row) {
    self.init(
      projectID: row.uuid("project_id"), userID: row.uuid("user_id"),
      username: row.string("username"),
      role: FocusProject.Role(row.int32("role")) ?? .viewer,
      createdAt: row.milliseconds("created_at"))
  }
}
