import Postgres

/// The gateways that hold sockets of rooms, in the database.
public struct GatewayStore {
  private let database: PostgresPool

  public init(_ database: PostgresPool) { self.database = database }

  struct Gateway {
    var id: String
    /// When it said last that it is there. Milliseconds since the epoch.
    var seenAt: Int64
    /// Since when it is taken for gone.
    var goneAt: Int64?
    /// Its links have been removed since.
    var isCleared: Bool
  }

  /// A gateway is there; false where it was taken for gone: it does not come back.
  func keep(_ id: String, at now: Int64) async throws -> Bool {
    try await database.write(
      """
      INSERT INTO room_gateways AS known (id, seen_at) VALUES ($1, $2)
      ON CONFLICT (id) DO UPDATE SET seen_at = $2 WHERE known.gone_at IS NULL
      """, [.string(id), .timestamp(now)], durability: .asynchronous
    ).affectedRows == 1
  }

  /// A gateway is gone, unless it has said something since it was seen.
  func retire(_ id: String, seenAt: Int64? = nil, at now: Int64) async throws {
    try await database.write(
      """
      UPDATE room_gateways SET gone_at = $2
      WHERE id = $1 AND gone_at IS NULL AND ($3::timestamptz IS NULL OR seen_at = $3)
      """, [.string(id), .timestamp(now), .timestamp(seenAt)])
  }

  func all() async throws -> [Gateway] {
    try await database.read(
      "SELECT id, seen_at, gone_at, is_cleared FROM room_gateways ORDER BY id"
    ).map { row in
      Gateway(
        id: row.string("id"), seenAt: row.milliseconds("seen_at"),
        goneAt: row.optionalMilliseconds("gone_at"), isCleared: row.bool("is_cleared"))
    }
  }

  /// The rooms of which a gateway holds sockets. Reads them all: gateways go rarely.
  func roomIDs(linkedTo id: String) async throws -> [String] {
    try await database.read(
      "SELECT DISTINCT room_id FROM room_participants WHERE $1::text = ANY (links)", [.string(id)]
    ).map { $0.uuid("room_id") }
  }

  func setCleared(_ id: String) async throws {
    try await database.write(
      "UPDATE room_gateways SET is_cleared = true WHERE id = $1", [.string(id)])
  }

  func remove(_ id: String) async throws {
    try await database.write("DELETE FROM room_gateways WHERE id = $1", [.string(id)])
  }
}
