import Contracts
import Wire

/// What is posted: `{"id","event","created_at","notification":{…}}`, the same bytes at each attempt.
nonisolated enum DeliveryBody {
  static func bytes(of delivery: DueDelivery) -> [UInt8] {
    var json = JSONWriter()
    json.raw("{\"id\":")
    json.string(delivery.id)
    json.raw(",\"event\":")
    json.string(delivery.kind.name)
    json.raw(",\"created_at\":")
    json.string(Timestamp.text(milliseconds: delivery.raisedAt))
    json.raw(",\"notification\":{\"id\":")
    json.string(delivery.notificationID)
    json.raw(",\"kind\":")
    json.string(delivery.kind.name)
    json.raw(",\"text\":")
    json.string(delivery.text)
    if let subject = delivery.subjectID {
      json.raw(",\"subject_id\":")
      json.string(subject)
    }
    json.raw(",\"created_at\":")
    json.string(Timestamp.text(milliseconds: delivery.raisedAt))
    json.raw("}}")
    return json.array
  }
}

/// A delivery whose time has come, with what its sending needs.
nonisolated struct DueDelivery: Sendable {
  var number: Int64
  var id: String
  var webhookID: String
  var url: String
  var secret: String
  var kind: NotificationKind
  var notificationID: String
  var text: String
  var subjectID: String?
  /// Milliseconds since the epoch.
  var raisedAt: Int64
  /// This one included.
  var attempts: Int
}
