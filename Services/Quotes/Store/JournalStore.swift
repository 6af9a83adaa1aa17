import Contracts
import Postgres
import ServiceKit

/// Journals in the database. Every statement names their owner: of others nothing is found.
public struct JournalStore {
  private let database: PostgresPool
  let export: UserExport

  public init(_ database: PostgresPool) {
    self.database = database
    export = UserExport(
      database,
      [
        .init(
          "journal",
          """
          SELECT id::text AS key, json_build_object(
            'id', id, 'content', content, 'session_id', session_id, 'created_at', created_at,
            'updated_at', updated_at)::text AS data
          FROM journals WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2::uuid)
          ORDER BY id LIMIT $3::int
          """)
      ])
  }

  /// Adds a journal; false where its owner's account is gone.
  func add(_ journal: Journal) async throws -> Bool {
    try await database.write(
      """
      WITH owner AS (
        INSERT INTO journal_owners AS known (user_id, deleted) VALUES ($2::uuid, false)
        ON CONFLICT (user_id) DO UPDATE SET deleted = known.deleted
        RETURNING deleted
      )
      INSERT INTO journals (id, user_id, content, session_id, created_at, updated_at)
      SELECT $1::uuid, $2::uuid, $3::text, $4::uuid, $5::timestamptz, $5::timestamptz
      FROM owner WHERE NOT deleted
      """,
      [
        .uuid(journal.id), .uuid(journal.userID), .string(journal.content),
        .uuid(journal.sessionID), .timestamp(journal.createdAt),
      ]
    ).affectedRows == 1
  }

  func journal(_ id: String, of userID: String) async throws -> Journal? {
    try await database.read(
      """
      SELECT id, user_id, content, session_id, created_at, updated_at FROM journals
      WHERE id = $1 AND user_id = $2
      """, [.uuid(id), .uuid(userID)]
    ).first.map(Journal.init)
  }

  /// A user's journals, the newest first, strictly before one of them.
  func page(of userID: String, before id: String?, limit: Int) async throws -> [Journal] {
    try await database.read(
      """
      SELECT id, user_id, content, session_id, created_at, updated_at FROM journals
      WHERE user_id = $1::uuid
        AND id < COALESCE($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      ORDER BY id DESC LIMIT $3::integer
      """, [.uuid(userID), .uuid(id), .int32(Int32(limit))]
    ).map(Journal.init)
  }

  /// Rewrites a journal that is not final; nil where there is none.
  func update(
    _ id: String, of userID: String, content: String, now: Int64
  ) async throws -> Journal? {
    try await database.write(
      """
      UPDATE journals SET content = $3, updated_at = $4
      WHERE id = $1 AND user_id = $2 AND session_id IS NULL
      RETURNING id, user_id, content, session_id, created_at, updated_at
      """, [.uuid(id), .uuid(userID), .string(content), .timestamp(now)]
    ).first.map(Journal.init)
  }

  /// Deletes a journal that is not final; false where there is none.
  func delete(_ id: String, of userID: String) async throws -> Bool {
    try await database.write(
      "DELETE FROM journals WHERE id = $1 AND user_id = $2 AND session_id IS NULL",
      [.uuid(id), .uuid(userID)]
    ).affectedRows == 1
  }

  /// Erases a user's journals, and marks that there will be no more.
  func erase(_ userID: String) async throws {
    try await database.write(
      "SELECT erase_user($1::uuid)", [.uuid(userID)], durability: .asynchronous)
  }
}

extension Journal {
  @MainActor fileprivate init(_ row: Row) {
    let sessionID = row.optionalUUID("session_id")
    self.init(
      id: row.uuid("id"), userID: row.uuid("user_id"), content: row.string("content"),
      sessionID: sessionID, isFinal: sessionID != nil, createdAt: row.milliseconds("created_at"),
      updatedAt: row.milliseconds("updated_at"))
  }
}
