/// A flat JSON object as a token's header and claims are: strings, integers, and other scalars that are
/// passed over. Stricter than JSON where that costs us nothing: nested values, escapes in strings,
/// names that appear twice and blanks outside are refused.
nonisolated struct ClaimSet {
  static let claimsMax = 32

  private enum Value {
    case string(String)
    case integer(Int)
    case other
  }

  private var claims: [(name: String, value: Value)] = []

  func has(_ name: String) -> Bool { claims.contains { $0.name == name } }

  func string(_ name: String) -> String? {
    guard case .string(let text)? = claims.first(where: { $0.name == name })?.value else {
      return nil
    }
    return text
  }

  func integer(_ name: String) -> Int? {
    guard case .integer(let number)? = claims.first(where: { $0.name == name })?.value else {
      return nil
    }
    return number
  }

  init?(_ text: [UInt8]) {
    var scanner = Scanner(text: text)
    guard scanner.take("{") else { return nil }
    scanner.skipBlanks()
    if scanner.take("}") { if scanner.isAtEnd { return } else { return nil } }
    repeat {
      scanner.skipBlanks()
      guard let name = scanner.string(), !has(name), claims.count < ClaimSet.claimsMax else {
        return nil
      }
      scanner.skipBlanks()
      guard scanner.take(":") else { return nil }
      scanner.skipBlanks()
      guard let value = ClaimSet.value(&scanner) else { return nil }
      claims.append((name: name, value: value))
      scanner.skipBlanks()
    } while scanner.take(",")
    guard scanner.take("}"), scanner.isAtEnd else { return nil }
  }

  private static func value(_ scanner: inout Scanner) -> Value? {
    switch scanner.next {
    case UInt8(ascii: "\""): scanner.string().map { .string($0) }
    case UInt8(ascii: "-"), 0x30...0x39: number(&scanner)
    default:
      scanner.word("true") || scanner.word("false") || scanner.word("null") ? .other : nil
    }
  }

  /// Fractions and exponents are JSON, but no time of ours; so are integers of over 15 digits.
  private static func number(_ scanner: inout Scanner) -> Value? {
    let isNegative = scanner.take("-")
    let digits = scanner.digits()
    guard let first = digits.first, digits.count == 1 || first != 0x30, digits.count <= 15 else {
      return nil
    }
    if scanner.next == UInt8(ascii: ".") || scanner.next | 0x20 == UInt8(ascii: "e") { return nil }
    let magnitude = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return .integer(isNegative ? -magnitude : magnitude)
  }
}

nonisolated private struct Scanner {
  let text: [UInt8]
  private var position = 0

  init(text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { position == text.count }

  /// 0 at the end.
  var next: UInt8 { position < text.count ? text[position] : 0 }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func word(_ word: String) -> Bool {
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  mutating func skipBlanks() {
    while next == 0x20 || (0x09...0x0A).contains(next) || next == 0x0D { position += 1 }
  }

  mutating func digits() -> ArraySlice<UInt8> {
    let start = position
    while (0x30...0x39).contains(next) { position += 1 }
    return text[start..<position]
  }

  /// `nil` for control characters, escapes, invalid UTF-8, and where there is no string.
  mutating func string() -> String? {
    guard take("\"") else { return nil }
    let start = position
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      if text[position] < 0x20 || text[position] == UInt8(ascii: "\\") { return nil }
      position += 1
    }
    let content = text[start..<position]
    guard take("\"") else { return nil }
    // Checking UTF-8 costs ten times as much as checking for ASCII.
    guard content.contains(where: { $0 >= 0x80 }) else {
      return String(decoding: content, as: UTF8.self)
    }
    return String(validating: content, as: UTF8.self)
  }
}
