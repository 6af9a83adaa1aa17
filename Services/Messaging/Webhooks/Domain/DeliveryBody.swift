import Contracts
import Wire

/// What is posted: `{"id","event","created_at","notification":{…}}`, or with a `session` in the
/// notification's place; the same bytes at each attempt.
nonisolated enum DeliveryBody {
  static func bytes(of delivery: DueDelivery) -> [UInt8] {
    var json = JSONWriter()
    json.raw("{\"id\":")
    json.string(delivery.id)
    json.raw(",\"event\":")
    json.string(delivery.event.name)
    json.raw(",\"created_at\":")
    json.string(Timestamp.text(milliseconds: delivery.raisedAt))
    switch delivery.content {
    case .session(let text):
      json.raw(",\"session\":")
      json.json(text)
    case .notification(let id, let text, let subjectID):
      json.raw(",\"notification\":{\"id\":")
      json.string(id)
      json.raw(",\"kind\":")
      json.string(delivery.event.name)
      json.raw(",\"text\":")
      json.string(text)
      if let subjectID {
        json.raw(",\"subject_id\":")
        json.string(subjectID)
      }
      json.raw(",\"created_at\":")
      json.string(Timestamp.text(milliseconds: delivery.raisedAt))
      json.raw("}")
    }
    json.raw("}")
    return json.array
  }
}

/// A delivery whose time has come, with what its sending needs.
nonisolated struct DueDelivery: Sendable {
  /// What it tells.
  enum Content: Hashable, Sendable {
    case notification(id: String, text: String, subjectID: String?)
    /// A `CompletedSession`.
    case session(json: String)
  }

  var number: Int64
  var id: String
  var webhookID: String
  var url: String
  /// nil: it was sealed with another key, and nothing can be signed.
  var secret: Secret?
  var event: WebhookEvent
  var content: Content
  /// Milliseconds since the epoch.
  var raisedAt: Int64
  /// This one included.
  var attempts: Int
}
