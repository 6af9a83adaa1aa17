import Security
import Wire

/// What a mail of auth is for.
nonisolated enum MailKind: String {
  case verifyEmail = "verify_email"
  case resetPassword = "reset_password"
}

/// A secret that a mail carries: 32 random bytes, good once and for an hour, of which only the
/// SHA-256 is stored.
struct MailToken {
  static let lifetimeMilliseconds: Int64 = 3_600_000
  /// Mails of one kind that an account gets within the lifetime; further ones are dropped, so that
  /// nobody can fill another's mailbox.
  static let perLifetimeMax = 5
  private static let byteCount = 32

  /// Base64url: what the mail says.
  let text: Secret
  /// What the database holds.
  let hash: [UInt8]

  /// A new one.
  init() { self.init(bytes: RandomBytes.make(Self.byteCount)) }

  /// Reads what a client presents; nil for what cannot be one, so that it costs no query.
  init?(parsing text: Secret) {
    guard let bytes = Base64URL.decode(text.reveal()), bytes.count == Self.byteCount else {
      return nil
    }
    self.init(bytes: bytes)
  }

  private init(bytes: [UInt8]) {
    text = Secret(Base64URL.encode(bytes))
    hash = Digest.sha256(bytes)
  }
}
