import Wire

/// Secrets as a database holds them: sealed with a key, so that who reads the database alone can do
/// nothing with them. Another key opens them too, while one replaces the other.
public nonisolated struct SecretSeal: Sendable {
  private let box: SealedBox?
  private let otherBox: SealedBox?

  /// - Parameters:
  ///   - use: what is sealed. The same key for another use opens nothing of this one.
  ///   - key: without it nothing is sealed.
  ///   - other: opens too, and closes nothing.
  public init(_ use: String, key: Secret?, other: Secret? = nil) {
    func box(_ key: Secret) -> SealedBox {
      SealedBox(key: Digest.hmac(Array("focal \(use)".utf8), key: Array(key.reveal().utf8)))
    }
    self.box = key.map(box)
    otherBox = other.map(box)
  }

  public var hasKey: Bool { box != nil }
  /// One key is about to replace the other.
  public var hasOtherKey: Bool { otherBox != nil }

  /// nil: there is no key.
  public func close(_ secret: [UInt8]) -> [UInt8]? { box?.seal(secret) }

  /// nil: it was sealed with a key that is not here, or not sealed at all.
  public func open(_ stored: [UInt8]) -> [UInt8]? {
    box?.open(stored) ?? otherBox?.open(stored)
  }

  /// Whether it is closed as `close` would.
  public func isClosed(_ stored: [UInt8]) -> Bool { box?.open(stored) != nil }
}
