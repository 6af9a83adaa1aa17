import Observability
import Wire

/// An error as Sentry is told of it: what was logged, and of that only what is known to be harmless.
/// <https://develop.sentry.dev/sdk/foundations/envelopes/>
nonisolated struct SentryEvent: Sendable {
  let message: String
  let milliseconds: Int64
  private let id: String
  private let type: String
  private let value: String
  /// The route's pattern, or the method of the call.
  private let transaction: String
  private let userID: String
  private let trace: (id: String, span: String)?
  private let tags: [(name: String, value: String)]
  private let extra: [(name: String, value: String)]
  /// How often it came since it was told last.
  var repeats = 0

  /// Fields of a log line that tell where and what, by the names of tags.
  private static let tagNames = [
    "request_id", "route", "rpc", "code", "event", "consumer", "topic", "to",
  ]
  /// Texts, of which there are many different ones.
  private static let extraNames = ["reason", "channel"]
  /// Sentry's limit.
  private static let tagCharactersMax = 200

  init(_ message: String, _ fields: LogFields, at milliseconds: Int64) {
    self.message = message
    self.milliseconds = milliseconds
    id = RequestID.make()
    var texts: [String: String] = [:]
    var failure = (type: "", text: "")
    for item in fields.items {
      switch item.value {
      case .string(let text): texts["\(item.name)"] = text
      case .int(let number): texts["\(item.name)"] = "\(number)"
      case .failure(let type, let text): failure = (type, text)
      case .double, .bool, .duration: break
      }
    }
    type = String(failure.type.prefix(Self.tagCharactersMax))
    value = Redaction.text(failure.text)
    transaction = String((texts["route"] ?? texts["rpc"] ?? "").prefix(Self.tagCharactersMax))
    userID = String((texts["user_id"] ?? "").prefix(Self.tagCharactersMax))
    if let trace = texts["trace_id"], let span = texts["span_id"] {
      self.trace = (trace, span)
    } else {
      trace = nil
    }
    tags = Self.tagNames.compactMap { name in
      texts[name].map { (name, String(Redaction.text($0).prefix(Self.tagCharactersMax))) }
    }
    extra = Self.extraNames.compactMap { name in
      texts[name].map { (name, Redaction.text($0)) }
    }
  }

  /// The same for events that are one error: what differs from time to time is left out.
  var fingerprint: [String] {
    [message, type, transaction, Self.pattern(value)] + extra.map { Self.pattern($0.value) }
  }

  /// A text without the numbers and ids in it.
  static func pattern(_ text: String) -> String {
    text.split(separator: " ").map { word in
      word.contains { ("0"..."9").contains($0) } ? "#" : word
    }.joined(separator: " ")
  }

  /// The body of a request: three lines of JSON.
  func envelope(from identity: ProcessIdentity, sentAt: Int64) -> [UInt8] {
    let event = payload(identity)
    var head = JSONObject()
    head.member("event_id", id)
    head.member("sent_at", Timestamp.text(milliseconds: sentAt))
    var item = JSONObject()
    item.member("type", "event")
    item.member("content_type", "application/json")
    item.member("length", event.count)
    return head.end() + [0x0A] + item.end() + [0x0A] + event + [0x0A]
  }

  private func payload(_ identity: ProcessIdentity) -> [UInt8] {
    var event = JSONObject()
    event.member("event_id", id)
    event.member("timestamp", Timestamp.text(milliseconds: milliseconds))
    event.member("platform", "other")
    event.member("level", "error")
    event.member("logger", "focal-\(identity.name)")
    event.member("server_name", identity.host)
    event.member("release", "focal@\(identity.version)")
    event.member("environment", identity.environment)
    if !transaction.isEmpty { event.member("transaction", transaction) }
    event.object("logentry") { $0.member("formatted", message) }
    if !type.isEmpty {
      event.object("exception") {
        $0.array("values") {
          $0.member("type", type)
          $0.member("value", value)
        }
      }
    }
    event.object("tags") {
      $0.member("process", identity.name)
      for tag in tags { $0.member(tag.name, tag.value) }
    }
    if let trace {
      event.object("contexts") {
        $0.object("trace") {
          $0.member("trace_id", trace.id)
          $0.member("span_id", trace.span)
        }
      }
    }
    if !userID.isEmpty { event.object("user") { $0.member("id", userID) } }
    event.object("extra") {
      $0.member("instance", identity.instance)
      for (name, value) in extra { $0.member(name, value) }
      if repeats > 0 { $0.member("repeats", repeats) }
    }
    event.texts("fingerprint", [identity.name] + fingerprint)
    return event.end()
  }
}
