/// Examples of requests and answers, made of fields' names, formats and rules.
struct OpenAPIExamples {
  private let types: SwiftTypes
  private let enums: [String: EnumType]

  init(_ contract: Contract) {
    types = SwiftTypes(contract)
    enums = Dictionary(contract.enums.map { ($0.fullName, $0) }, uniquingKeysWith: { $1 })
  }

  /// What is required, or where nothing is, the first thing that may be given.
  func request(_ route: RouteType, _ method: Method) -> JSONText {
    let fields = (types.messages[method.input]?.fields ?? [])
      .filter { !route.variables.contains($0.name) }
    var chosen = fields.filter { $0.rules.isRequired }
    if chosen.isEmpty, let first = fields.first { chosen = [first] }
    return .object(
      chosen.map {
        (key: $0.name, value: value($0, in: method.input, depth: 0, isAnswer: false))
      })
  }

  func answer(_ route: RouteType, _ method: Method) -> JSONText {
    var example = message(method.output, depth: 0, isAnswer: true)
    for name in route.names {
      let parts = name.split(separator: "=").map(String.init)
      if let same = example[parts[1]] { example[parts[0]] = same }
    }
    return example
  }

  private func message(_ name: String, depth: Int, isAnswer: Bool) -> JSONText {
    let fields = types.messages[name]?.fields ?? []
    var oneofs: Set<String> = []
    return .object(
      fields.compactMap { field in
        if let oneof = field.oneof, !oneofs.insert(oneof).inserted { return nil }
        return (
          key: field.name, value: value(field, in: name, depth: depth, isAnswer: isAnswer)
        )
      })
  }

  private func value(_ field: Field, in message: String, depth: Int, isAnswer: Bool) -> JSONText {
    let field = field.shown
    if let entry = types.mapEntry(field) {
      return [
        "key": single(entry.fields[1], in: message, depth: depth, isAnswer: isAnswer)
      ]
    }
    guard field.isRepeated else {
      return single(field, in: message, depth: depth, isAnswer: isAnswer)
    }
    // What contains itself ends here.
    if case .message(let name) = field.kind, name == message || depth > 3 { return [] }
    let count = max(1, Int(field.rules.minItems ?? 1))
    if field.rules.maxItems == 0 { return [] }
    return .array(
      (0..<count).map { _ in single(field, in: message, depth: depth, isAnswer: isAnswer) })
  }

  private func single(_ field: Field, in message: String, depth: Int, isAnswer: Bool) -> JSONText {
    switch field.kind {
    case .string: return field.rules.isJSON ? Self.object : .string(text(field, message))
    case .bytes: return "Zm9jYWw="
    case .bool: return .bool(Self.isUsuallyTrue(field.name))
    case .int64 where field.rules.format == .timestamp: return .string(Self.time(field.name))
    case .message(let name):
      guard depth < 6 else { return .null }
      return self.message(name, depth: depth + 1, isAnswer: isAnswer)
    case .enumeration(let name):
      guard let type = enums[name], let value = type.values.first(where: { $0.number != 0 }) else {
        return .null
      }
      return .string(jsonName(value, type))
    default: return .number(number(field))
    }
  }

  private static let object: JSONText = ["kind": "total_sessions", "at_least": 10]

  private static func isUsuallyTrue(_ name: String) -> Bool {
    ["is_active", "current", "email_verified", "more", "changed"].contains(name)
  }

  private static func time(_ name: String) -> String {
    name.contains("end") || name.contains("expires") || name.contains("completed")
      ? "2026-03-02T09:55:00.000Z" : "2026-03-02T09:30:00.000Z"
  }

  private func number(_ field: Field) -> Double {
    let wanted: Double =
      switch field.name {
      case "limit": 20
      case "days": 7
      case "year": 2026
      case let name where name.contains("seconds"): 1500
      case let name where name.contains("minutes") || name.contains("duration"): 25
      case let name where name.contains("break"): 5
      case "expires_in": 900
      case "version", "rank", "page": 1
      case let name where name.contains("hour"): 9
      default: 3
      }
    var value = max(wanted, field.rules.minimum ?? -.infinity)
    if let bound = field.rules.exclusiveMinimum, value <= bound { value = bound + 1 }
    return min(value, field.rules.maximum ?? .infinity)
  }

  // MARK: Texts

  private func text(_ field: Field, _ message: String) -> String {
    switch field.rules.format {
    case .uuid: return Self.id
    case .date: return "2026-03-02"
    case .httpsURL: return "https://example.com/ada.png"
    case .timezone: return "Europe/London"
    case .email: return "ada@example.com"
    case .timestamp, nil: break
    }
    let name = field.name
    if let known = Self.texts[name] { return fitted(known, field) }
    if name == "id" || name.hasSuffix("_id") { return Self.id }
    if name.contains("date") || name.hasSuffix("day") { return "2026-03-02" }
    if name.contains("token") || name.contains("cursor") || name.contains("secret") {
      return fitted("b3BhcXVlLXRleHQ", field)
    }
    if name.contains("password") { return "correct horse battery" }
    if name.contains("url") || name.contains("image") { return "https://example.com/ada.png" }
    if name.contains("username") { return "ada" }
    return fitted("text", field)
  }

  private func fitted(_ text: String, _ field: Field) -> String {
    let least = Int(field.rules.minLength ?? 0)
    let padded =
      text.count < least ? text + String(repeating: "0", count: least - text.count) : text
    return String(padded.prefix(Int(field.rules.maxLength ?? .max)))
  }

  private static let id = "01954c2e-8a40-7c33-b1de-5f2a9c0e7d61"

  private static let texts: [String: String] = [
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk1NGMyZSJ9.c2lnbmF0dXJl",
    "refresh_token": "q9mC0q2m3X0yV1sT5uW7xZ9aB1cD3eF5gH7iJ9kL1mN",
    "token_type": "bearer", "password": "correct horse battery", "email": "ada@example.com",
    "username": "ada", "name": "Ada", "bio": "Counts in sessions of 25 minutes.",
    "title": "A quiet morning", "content": "Three sessions before breakfast.",
    "note": "chapter four",
    "text": "What we hope ever to do with ease, we must learn first to do "
      + "with diligence.",
    "author": "Samuel Johnson", "source": "Lives of the Poets", "timezone": "Europe/London",
    "user_agent": "curl/7.88.1", "ip": "192.0.2.7", "image": "https://example.com/ada.png",
    "code": "123456", "reason": "spam", "invite_code": "k7f2q9xw", "color": "#336699",
    "from": "2026-03-01", "to": "2026-03-31", "q": "morning", "description": "What it is about.",
    "role": "user", "local_date": "2026-03-02", "url": "https://example.com/hooks/focal",
    "category": "general",
  ]
}
