import Contracts
import Postgres

/// Deliveries in the database. Each change is one statement; what is claimed by one process is
/// skipped by the others.
struct DeliveryStore {
  let database: PostgresPool
  let seal: WebhookSeal

  /// A delivery that is claimed and not settled within so long is anybody's again: its process has
  /// died. Longer than any attempt; until then nothing else is sent to its webhook.
  private static let leaseSeconds = 15.0

  /// Takes deliveries whose time has come: the oldest of each webhook that nobody is sending to, so
  /// that a slow receiver holds up its own only.
  ///
  /// Two processes that look at the same time see the same oldest one of a webhook, and one of them
  /// passes over its lock: so there is never more than one under way.
  func claim(atMost limit: Int) async throws -> [DueDelivery] {
    try await database.write(
      """
      WITH due AS (
        SELECT number FROM webhook_deliveries AS candidate
        WHERE next_attempt_at <= now() AND NOT EXISTS (
          SELECT FROM webhook_deliveries AS other
          WHERE other.webhook_id = candidate.webhook_id
            AND other.next_attempt_at IS NOT NULL
            AND (other.claimed_until > now() OR (other.next_attempt_at, other.number)
              < (candidate.next_attempt_at, candidate.number)))
        ORDER BY next_attempt_at, number LIMIT $1::integer FOR UPDATE SKIP LOCKED
      )
      UPDATE webhook_deliveries AS delivery SET
        attempts = attempts + 1,
        next_attempt_at = now() + $2::float8 * interval '1 second',
        claimed_until = now() + $2::float8 * interval '1 second'
      FROM due, webhooks
      WHERE delivery.number = due.number AND webhooks.id = delivery.webhook_id
      RETURNING delivery.number, delivery.id, webhook_id, url, secret, sealed, kind, notification_id,
        text, subject_id, data, raised_at, attempts
      """, [.int32(Int32(limit)), .double(Self.leaseSeconds)]
    ).map { row in
      DueDelivery(
        number: row.int64("number"), id: row.uuid("id"), webhookID: row.uuid("webhook_id"),
        url: row.string("url"),
        secret: seal.open(plain: row.string("secret"), sealed: row.optionalBytes("sealed")),
        event: WebhookEvent(number: row.int32("kind")), content: Self.content(row),
        raisedAt: row.milliseconds("raised_at"), attempts: row.int("attempts"))
    }
  }

  private static func content(_ row: Row) -> DueDelivery.Content {
    if let session = row.optionalString("data") { return .session(json: session) }
    return .notification(
      id: row.uuid("notification_id"), text: row.string("text"),
      subjectID: row.optionalString("subject_id"))
  }

  /// Notes what came of an attempt. `delay` in seconds: nil where there will be no other.
  func settle(
    _ delivery: DueDelivery, status: Int?, error: String?, delivered: Bool, delay: Double?
  ) async throws {
    try await database.write(
      """
      UPDATE webhook_deliveries SET status_code = $3::smallint, error = $4::text,
        delivered = $5::boolean, attempted_at = now(), claimed_until = NULL,
        next_attempt_at = now() + $6::float8 * interval '1 second'
      WHERE number = $1::bigint AND attempts = $2::smallint AND next_attempt_at IS NOT NULL
      """,
      [
        .int64(delivery.number), .int(delivery.attempts), .int(status), .string(error),
        .bool(delivered), .double(delay),
      ])
  }

  /// Gives back what was claimed: this process ends, and whoever sweeps next may send it at once,
  /// before later ones.
  func release(_ delivery: DueDelivery) async throws {
    try await database.write(
      """
      UPDATE webhook_deliveries SET
        attempts = attempts - 1, next_attempt_at = created_at, claimed_until = NULL
      WHERE number = $1::bigint AND attempts = $2::smallint AND next_attempt_at IS NOT NULL
      """, [.int64(delivery.number), .int(delivery.attempts)])
  }

  /// A delivery and where it stands in its webhook's log.
  struct Logged {
    var number: Int64
    var delivery: WebhookDelivery
  }

  /// The newest first, strictly below a number.
  func page(
    of webhookID: String, below number: Int64?, limit: Int
  ) async throws -> [Logged] {
    try await database.read(
      """
      SELECT number, id, webhook_id, kind, notification_id, delivered, attempts, status_code, error,
        attempted_at, next_attempt_at, created_at
      FROM webhook_deliveries
      WHERE webhook_id = $1::uuid AND ($2::bigint IS NULL OR number < $2::bigint)
      ORDER BY number DESC LIMIT $3::integer
      """, [.uuid(webhookID), .int64(number), .int32(Int32(limit))]
    ).map { Logged(number: $0.int64("number"), delivery: Self.delivery($0)) }
  }

  private static func delivery(_ row: Row) -> WebhookDelivery {
    let next = row.optionalMilliseconds("next_attempt_at")
    let event = WebhookEvent(number: row.int32("kind"))
    // The column holds what the event is about, of which a webhook is told once.
    let subjectID = row.uuid("notification_id")
    let isSession = event == .sessionCompleted
    return WebhookDelivery(
      id: row.uuid("id"), webhookID: row.uuid("webhook_id"),
      event: event, notificationID: isSession ? nil : subjectID,
      status: next != nil ? .pending : row.bool("delivered") ? .delivered : .failed,
      attempts: row.int32("attempts"), statusCode: row.optionalInt32("status_code"),
      error: row.optionalString("error"), attemptedAt: row.optionalMilliseconds("attempted_at"),
      nextAttemptAt: next, createdAt: row.milliseconds("created_at"),
      sessionID: isSession ? subjectID : nil)
  }
}
