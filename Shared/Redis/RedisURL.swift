/// `redis://[user][:password]@host:port/database`, or `unix:///path[?db=1]` (also `unix:path`).
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
      let credentials = rest[..<at]
      rest = rest[rest.index(after: at)...]
      if let colon = credentials.firstIndex(of: ":") {
        guard let password = Self.decode(credentials[credentials.index(after: colon)...]),
          let user = Self.decode(credentials[..<colon])
        else { return nil }
        self.password = password.isEmpty ? nil : password
        self.user = user.isEmpty ? nil : user
      } else {
        guard let user = Self.decode(credentials) else { return nil }
        self.user = user
      }
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
          password = Self.decode(value)
        }
      }
    }
    // `unix://:password@/path` names the password as the other form does.
    if let at = path.firstIndex(of: "@"), path.first == ":" {
      password = Self.decode(path[path.index(after: path.startIndex)..<at])
      path = path[path.index(after: at)...]
    }
    guard !path.isEmpty, let decoded = Self.decode(path) else { return nil }
    place = .unix(path: decoded)
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

  /// Undoes percent-encoding.
  private static func decode(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    Character(UnicodeScalar(character)).hexDigitValue.map(UInt8.init)
  }
}
