/// The offers of a `Sec-WebSocket-Extensions` field (RFC 6455, section 9.1).
nonisolated struct ExtensionList {
  struct Parameter: Equatable {
    var name: String
    var value: String?
  }

  struct Offer: Equatable {
    var name: String
    var parameters: [Parameter] = []
  }

  /// More than any client offers.
  static let offersMax = 16
  private(set) var offers: [Offer] = []

  /// Nil where the grammar is broken.
  init?(_ text: String) {
    var scanner = Scanner(Array(text.utf8))
    repeat {
      guard offers.count < Self.offersMax, let name = scanner.token() else { return nil }
      var offer = Offer(name: name)
      while scanner.take(UInt8(ascii: ";")) {
        guard offer.parameters.count < Self.offersMax, let name = scanner.token() else {
          return nil
        }
        var parameter = Parameter(name: name)
        if scanner.take(UInt8(ascii: "=")) {
          guard let value = scanner.tokenOrQuoted() else { return nil }
          parameter.value = value
        }
        offer.parameters.append(parameter)
      }
      offers.append(offer)
    } while scanner.take(UInt8(ascii: ","))
    guard scanner.isAtEnd else { return nil }
  }

  private struct Scanner {
    let bytes: [UInt8]
    var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func skipBlanks() {
      while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
      return true
    }

    mutating func token() -> String? {
      skipBlanks()
      let start = index
      while index < bytes.count, Self.isToken(bytes[index]) { index += 1 }
      guard index > start else { return nil }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      skipBlanks()
      return text
    }

    /// What is quoted must be a token too.
    mutating func tokenOrQuoted() -> String? {
      guard take(UInt8(ascii: "\"")) else { return token() }
      var value: [UInt8] = []
      while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
        if bytes[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < bytes.count, Self.isToken(bytes[index]) else { return nil }
        value.append(bytes[index])
        index += 1
      }
      guard !value.isEmpty, take(UInt8(ascii: "\"")) else { return nil }
      skipBlanks()
      return String(decoding: value, as: UTF8.self)
    }

    /// RFC 9110, section 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
    }
  }
}
