import Security
import Wire

/// A code that serves for one login without the authenticator: 80 random bits, of which only the
/// SHA-256 is stored.
struct RecoveryCode {
  static let count = 10
  private static let byteCount = 10
  private static let characterCount = 16

  /// `abcd-efgh-ijkl-mnop`: to be written down.
  let text: String
  let hash: [UInt8]

  init() {
    let code = Base32.encode(RandomBytes.make(Self.byteCount)).lowercased()
    text = stride(from: 0, to: Self.characterCount, by: 4).map { start in
      String(code.dropFirst(start).prefix(4))
    }.joined(separator: "-")
    hash = Digest.sha256(code)
  }

  /// The hash of what somebody typed, without regard to case, blanks and hyphens; nil for what can be
  /// none.
  static func hash(of typed: Secret) -> [UInt8]? {
    let code = typed.reveal().lowercased().filter { $0 != "-" && $0 != " " }
    guard code.utf8.count == characterCount else { return nil }
    return Digest.sha256(code)
  }
}
