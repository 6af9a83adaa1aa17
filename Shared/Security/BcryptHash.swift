import CCrypt
import Wire

/// bcrypt hashes (`$2a$`, `$2b$`, `$2y$`) of users who came from elsewhere: they are verified, never
/// made. One of cost 12 takes a quarter of a second: call this in a `BlockingPool`.
public nonisolated enum BcryptHash {
  /// 2^14 rounds, a second: a row in the database must not be able to hold up the pool for minutes.
  static let costMax = 14
  /// `$2b$12$`, 22 characters of salt, 31 of hash.
  static let characterCount = 60

  /// Whether a text looks like one that `verify` takes.
  public static func isBcrypt(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == characterCount, bytes[0] == dollar, bytes[1] == UInt8(ascii: "2"),
      "aby".utf8.contains(bytes[2]), bytes[3] == dollar, bytes[6] == dollar,
      let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)), (4...costMax).contains(cost)
    else { return false }
    return bytes[7...].allSatisfy {
      switch $0 {
      case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
      default: false
      }
    }
  }

  /// Whether `hash` was made of `password`. bcrypt looks at the first 72 bytes only.
  public static func verify(_ password: Secret, _ hash: String) -> Bool {
    var text = password.reveal()
    // A C string ends at its NUL: what follows would not count.
    guard isBcrypt(hash), !text.utf8.contains(0),
      text.utf8.count <= PasswordHash.passwordBytesMax
    else { return false }
    var computed = [CChar](repeating: 0, count: characterCount + 1)
    let isDone = text.withUTF8 { utf8 in
      var phrase = utf8.map { CChar(bitPattern: $0) } + [0]
      defer { phrase.withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 0) } }
      return focal_crypt(phrase, hash, &computed, computed.count) == 1
    }
    return isDone
      && constantTimeEquals(computed.dropLast().map { UInt8(bitPattern: $0) }, Array(hash.utf8))
  }

  private static let dollar = UInt8(ascii: "$")
}
