import Postgres

extension ProjectStore.View {
  init(_ row: Row) {
    self.init(
      project: FocusProject(row), role: row.optionalInt32("role").flatMap { .init($0) },
      seconds: row.int64("seconds"))
  }
}

extension FocusProject {
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), ownerID: row.uuid("owner_id"), name: row.string("name"),
      description: row.optionalString("description"), visibility: .init(row),
      createdAt: row.milliseconds("created_at"), updatedAt: row.milliseconds("updated_at"),
      version: row.int64("version"))
  }
}

extension FocusProject.Visibility {
  /// What the database does not know as public is not.
  init(_ row: Row) { self = Self(rawValue: row.int32("visibility")) ?? .members }
}

extension FocusProject.Role {
  init?(_ number: Int32) { self.init(rawValue: number) }
}

extension ProjectStore {
  static let find = Query(
    """
    SELECT id, owner_id, name, description, visibility, projects.created_at, updated_at, version,
      role, project_seconds(id) AS seconds
    FROM projects LEFT JOIN project_members ON project_id = id AND user_id = $2
    WHERE id = $1 AND (visibility = 1 OR role IS NOT NULL)
    """)

  static let findAccess = Query(
    """
    SELECT visibility, role
    FROM projects LEFT JOIN project_members ON project_id = id AND user_id = $2
    WHERE id = $1
    """)

  static let findOfMember = Query(
    """
    SELECT id, owner_id, name, description, visibility, projects.created_at, updated_at, version,
      role, project_seconds(id) AS seconds
    FROM project_members JOIN projects ON id = project_id
    WHERE user_id = $1 AND visibility = COALESCE($2::int4, visibility)
      AND project_id < COALESCE($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY project_id DESC LIMIT $4::int4
    """)

  static let findPublic = Query(
    """
    SELECT id, owner_id, name, description, visibility, projects.created_at, updated_at, version,
      role, project_seconds(id) AS seconds
    FROM projects LEFT JOIN project_members ON project_id = id AND user_id = $1
    WHERE visibility = 1 AND id < COALESCE($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY id DESC LIMIT $3::int4
    """)

  static let findNames = Query(
    """
    SELECT id, name FROM projects LEFT JOIN project_members ON project_id = id AND user_id = $2
    WHERE id = ANY($1::uuid[]) AND (visibility = 1 OR role IS NOT NULL)
    """)
}
