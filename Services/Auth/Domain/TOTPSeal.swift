import Security
import Wire

/// Secrets of authenticators as the database holds them, all in one column: those that were kept before
/// there was a key are as they were.
nonisolated struct TOTPSeal {
  private let seal: SecretSeal

  /// - Parameters:
  ///   - key: `TOTP_KEY`; without it secrets are kept as they are.
  ///   - other: `TOTP_OTHER_KEY`: opens too, and closes nothing.
  init(key: Secret?, other: Secret? = nil) { seal = SecretSeal("totp", key: key, other: other) }

  func close(_ secret: [UInt8]) -> [UInt8] { seal.close(secret) ?? secret }

  /// The secret. nil: it was sealed with another key.
  func open(_ stored: [UInt8]) -> [UInt8]? {
    Self.isPlain(stored) ? stored : seal.open(stored)
  }

  /// Kept as it is: a seal makes it longer.
  static func isPlain(_ stored: [UInt8]) -> Bool { stored.count == TOTP.secretBytes }
}
