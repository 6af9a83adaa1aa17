import Security
import Wire

/// A change that other services have to learn of: a row of its service's `outbox`, written in the
/// transaction of the change itself.
///
/// Every service that has events has this table in its schema:
///
///     CREATE TABLE outbox (
///       id uuid PRIMARY KEY,
///       topic text NOT NULL,
///       payload bytea NOT NULL,
///       created_at timestamptz NOT NULL DEFAULT now(),
///       attempted_at timestamptz,
///       taken text[],
///       failures int NOT NULL DEFAULT 0,
///       dead_at timestamptz,
///       dead_reason text
///     );
///
/// The first four are written with the change, the others are for the sweep.
public struct Event: Sendable {
  /// UUIDv7: events sort by the time they were made.
  public let id: String
  /// What kind of change, e.g. `user.changed`.
  public let topic: String
  /// The encoded message of the topic (`protos/focal/events.proto`).
  public let payload: [UInt8]

  /// Throws `WireError` when the message is too large to encode.
  public init(topic: String, _ message: some Message) throws {
    self.init(id: UUIDv7.makeText(), topic: topic, payload: try message.bytes())
  }

  init(id: String, topic: String, payload: [UInt8]) {
    self.id = id
    self.topic = topic
    self.payload = payload
  }
}
