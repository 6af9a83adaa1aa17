import Postgres
import Security
import Wire

/// Secrets of webhooks as the database holds them: sealed in one column, or as they are in the other,
/// where there is no key, or was none when they came.
nonisolated struct WebhookSeal {
  private let seal: SecretSeal

  init(_ seal: SecretSeal) { self.seal = seal }

  /// What the two columns hold.
  func close(_ secret: Secret) -> (plain: String, sealed: [UInt8]?) {
    let sealed = seal.close(Array(secret.reveal().utf8))
    return (sealed == nil ? secret.reveal() : "", sealed)
  }

  /// nil: it was sealed with another key.
  func open(plain: String, sealed: [UInt8]?) -> Secret? {
    guard let sealed else { return Secret(plain) }
    return seal.open(sealed).map { Secret(String(decoding: $0, as: UTF8.self)) }
  }
}
