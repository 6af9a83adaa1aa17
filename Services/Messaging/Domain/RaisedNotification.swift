import Contracts
import Security

/// A notification as another service raised it, made safe to keep. What it cannot be kept for is
/// dropped: refused, it would come back for ever.
nonisolated struct RaisedNotification: Hashable, Sendable {
  var id: String
  var userID: String
  var kind: NotificationKind
  var text: String
  var subjectID: String?
  var actorID: String?
  /// Milliseconds since the epoch.
  var createdAt: Int64

  /// Characters; longer texts are cut.
  static let textMax = 500

  /// nil without a valid id, user and kind.
  init?(_ event: NotificationRaised) {
    guard let id = UUIDv7(event.id), let user = UUIDv7(event.userID), event.kind != .unspecified
    else { return nil }
    self.id = id.text
    userID = user.text
    kind = event.kind
    text = String(Self.storable(event.text).prefix(Self.textMax))
    subjectID = event.subjectID.map { String(Self.storable($0).prefix(100)) }
    actorID = event.actorID.flatMap { UUIDv7($0)?.text }
    createdAt = event.createdMs
  }

  /// Without U+0000, which PostgreSQL does not take.
  private static func storable(_ text: String) -> String {
    text.utf8.contains(0) ? text.filter { $0 != "\0" } : text
  }
}
