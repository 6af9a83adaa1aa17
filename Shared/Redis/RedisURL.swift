import Wire

/// `redis://[user][:password]@host:port/database`, or `unix://[user][:password]@/path[?db=1]` (also
/// `unix:path`).
nonisolated struct RedisURL: Hashable {
  enum Place: Hashable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)
  }

  var place: Place
  var user: String?
  var password: String?
  var database = 0

  /// Nil if the text is neither.
  init?(_ text: String) {
    if let rest = Self.remove("redis://", from: text) {
      guard let url = Self(authority: rest) else { return nil }
      self = url
    } else if let rest = Self.remove("unix://", from: text) ?? Self.remove("unix:", from: text) {
      guard let url = Self(path: rest) else { return nil }
      self = url
    } else {
      return nil
    }
  }

  private init?(authority rest: Substring) {
    var rest = rest
    if let query = rest.firstIndex(of: "?") { rest = rest[..<query] }
    if let at = rest.lastIndex(of: "@") {
      guard let (user, password) = Self.credentials(rest[..<at]) else { return nil }
      (self.user, self.password) = (user, password)
      rest = rest[rest.index(after: at)...]
    }
    if let slash = rest.firstIndex(of: "/") {
      let number = rest[rest.index(after: slash)...]
      if !number.isEmpty {
        guard let database = Int(number), database >= 0 else { return nil }
        self.database = database
      }
      rest = rest[..<slash]
    }
    guard let (host, port) = Self.hostAndPort(rest) else { return nil }
    place = .tcp(host: host, port: port)
  }

  private init?(path rest: Substring) {
    var path = rest
    if let query = rest.firstIndex(of: "?") {
      path = rest[..<query]
      for parameter in rest[rest.index(after: query)...].split(separator: "&") {
        if let value = Self.remove("db=", from: parameter) {
          guard let database = Int(value), database >= 0 else { return nil }
          self.database = database
        } else if let value = Self.remove("password=", from: parameter) {
          password = String(percentDecoding: value)
        }
      }
    }
    // As in the other form; a path that begins with a slash has none before it.
    if path.first != "/", let at = path.firstIndex(of: "@"), path[at...].hasPrefix("@/") {
      guard let (user, password) = Self.credentials(path[..<at]) else { return nil }
      (self.user, self.password) = (user, password)
      path = path[path.index(after: at)...]
    }
    guard !path.isEmpty, let decoded = String(percentDecoding: path) else { return nil }
    place = .unix(path: decoded)
  }

  /// `user:password`, each of which may be left out.
  private static func credentials(_ text: Substring) -> (user: String?, password: String?)? {
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    guard let user = String(percentDecoding: text[..<colon]),
      let password = String(percentDecoding: text[colon...].dropFirst())
    else { return nil }
    return (user.isEmpty ? nil : user, password.isEmpty ? nil : password)
  }

  private static func hostAndPort(_ text: Substring) -> (String, UInt16)? {
    var host = text
    var port: UInt16 = 6_379
    if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
      guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
      port = number
      host = text[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? ("127.0.0.1", port) : (String(host), port)
  }

  private static func remove(_ prefix: String, from text: some StringProtocol) -> Substring? {
    text.hasPrefix(prefix) ? Substring(text.dropFirst(prefix.count)) : nil
  }
}
