/// The shapes that strings may have to have.
nonisolated extension FieldFormat {
  /// What a string that has not this shape is told.
  var rule: (code: String, message: String) {
    switch self {
    case .none: ("invalid", "is not valid")
    case .uuid: ("uuid", "is not an id")
    case .timestamp: ("timestamp", "is not an RFC 3339 time")
    case .date: ("date", "is not a date like 2026-02-28")
    case .httpsURL: ("https_url", "is not an https URL of at most 2048 characters")
    case .timezone: ("timezone", "is not the name of a time zone")
    case .email: ("email", "is not an email address")
    }
  }

  func accepts(_ text: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .none: true
    case .uuid: Self.isUUID(text)
    case .timestamp: Timestamp.milliseconds(text) != nil
    case .date: text.count == 10 && Timestamp.day(text) != nil
    case .httpsURL: Self.isHTTPS(text)
    case .timezone: Self.isTimezone(text)
    case .email: Self.isEmail(text)
    }
  }

  private static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.count == 36 else { return false }
    for index in 0..<36 {
      switch index {
      case 8, 13, 18, 23: if text[index] != 0x2d { return false }
      default: if hexadecimalDigit(text[index]) == nil { return false }
      }
    }
    return true
  }

  /// Scheme, host without user, and nothing that RFC 3986 has no place for.
  private static func isHTTPS(_ text: UnsafeRawBufferPointer) -> Bool {
    let scheme: StaticString = "https://"
    guard text.count > 8, text.count <= 2048 else { return false }
    for index in 0..<8 where text[index] | (index < 5 ? 0x20 : 0) != scheme.utf8Start[index] {
      return false
    }
    for byte in text where byte <= 0x20 || byte >= 0x7f || isOutsideOfURLs(byte) { return false }
    let rest = UnsafeRawBufferPointer(rebasing: text[8...])
    let authority = rest.prefix { $0 != 0x2f && $0 != 0x3f && $0 != 0x23 }
    let host = authority.prefix { $0 != 0x3a }
    let port = authority.dropFirst(host.count).dropFirst()
    let hasPort = host.count < authority.count
    guard !host.isEmpty, host.first != 0x2e, host.first != 0x2d,
      host.allSatisfy({ isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x2e })
    else { return false }
    return !hasPort
      || ((1...5).contains(port.count) && port.allSatisfy { (0x30...0x39).contains($0) })
  }

  private static func isOutsideOfURLs(_ byte: UInt8) -> Bool {
    switch byte {
    // " < > \ ^ ` { | }
    case 0x22, 0x3c, 0x3e, 0x5c, 0x5e, 0x60, 0x7b, 0x7c, 0x7d: true
    default: false
    }
  }

  private static func isTimezone(_ text: UnsafeRawBufferPointer) -> Bool {
    guard (1...64).contains(text.count), isLetterOrDigit(text[0]) else { return false }
    return text.allSatisfy {
      isLetterOrDigit($0) || $0 == 0x2f || $0 == 0x5f || $0 == 0x2b || $0 == 0x2d
    }
  }

  private static func isEmail(_ text: UnsafeRawBufferPointer) -> Bool {
    guard (3...254).contains(text.count), let at = text.firstIndex(of: 0x40),
      (1...64).contains(at), text.lastIndex(of: 0x40) == at,
      text.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
    else { return false }
    let domain = UnsafeRawBufferPointer(rebasing: text[(at + 1)...])
    guard let first = domain.first, let last = domain.last, first != 0x2e, last != 0x2e else {
      return false
    }
    return domain.contains(0x2e)
      && !zip(domain, domain.dropFirst()).contains { $0 == 0x2e && $1 == 0x2e }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
  }
}
