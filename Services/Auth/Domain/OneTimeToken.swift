import Security
import Wire

/// A secret that is good once, for a refresh, for what a mail asks or to open a WebSocket: 32 random
/// bytes, of which only the SHA-256 is stored.
struct OneTimeToken {
  private static let byteCount = 32

  /// Base64url: what its owner holds, or the mail says.
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
