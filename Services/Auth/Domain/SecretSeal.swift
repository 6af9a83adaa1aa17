import Security
import Wire

/// Secrets of authenticators as the database holds them: sealed where there is a key, so that who
/// reads the database alone can make no codes.
nonisolated struct SecretSeal {
  private let box: SealedBox?

  /// - Parameter key: `TOTP_KEY`; without it secrets are kept as they are.
  init(key: Secret?) {
    box = key.map { key in
      // A key for this use only, whatever else the same text serves for.
      SealedBox(key: Digest.hmac(Array("focal totp".utf8), key: Array(key.reveal().utf8)))
    }
  }

  func close(_ secret: [UInt8]) -> [UInt8] { box?.seal(secret) ?? secret }

  /// The secret; those that were kept before there was a key stay good. nil: it was sealed with
  /// another key.
  func open(_ stored: [UInt8]) -> [UInt8]? {
    stored.count == TOTP.secretBytes ? stored : box?.open(stored)
  }
}
