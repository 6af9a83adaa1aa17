import Security
import Wire

/// Secrets of authenticators as the database holds them: sealed where there is a key, so that who
/// reads the database alone can make no codes.
nonisolated struct SecretSeal {
  private let box: SealedBox?
  private let otherBox: SealedBox?

  /// - Parameters:
  ///   - key: `TOTP_KEY`; without it secrets are kept as they are.
  ///   - other: `TOTP_OTHER_KEY`: opens too, and closes nothing.
  init(key: Secret?, other: Secret? = nil) {
    box = key.map(Self.box)
    otherBox = other.map(Self.box)
  }

  private static func box(_ key: Secret) -> SealedBox {
    // A key for this use only, whatever else the same text serves for.
    SealedBox(key: Digest.hmac(Array("focal totp".utf8), key: Array(key.reveal().utf8)))
  }

  func close(_ secret: [UInt8]) -> [UInt8] { box?.seal(secret) ?? secret }

  /// The secret; those that were kept before there was a key stay good. nil: it was sealed with
  /// another key.
  func open(_ stored: [UInt8]) -> [UInt8]? {
    if stored.count == TOTP.secretBytes { return stored }
    return box?.open(stored) ?? otherBox?.open(stored)
  }

  /// Whether it is closed as `close` would.
  func isClosed(_ stored: [UInt8]) -> Bool { box?.open(stored) != nil }
}
