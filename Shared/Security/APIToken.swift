import Wire

/// A personal API token: `focal_`, 32 random bytes, and a checksum by which what is no token of ours
/// is told without asking anybody. Only its SHA-256 is stored.
public nonisolated struct APIToken: Sendable {
  /// By which people and scanners of leaked secrets know it.
  public static let prefix: StaticString = "focal_"
  private static let randomBytes = 32
  private static let randomCharacters = 43
  private static let checksumCharacters = 6
  public static let characterCount = 6 + randomCharacters + checksumCharacters
  /// How much of it may be shown to its owner later.
  private static let shownCharacters = 10

  public let text: Secret

  /// A new one.
  public init() {
    let random = Base64URL.encode(RandomBytes.make(Self.randomBytes))
    text = Secret("\(Self.prefix)\(random)\(Self.checksum(of: random))")
  }

  /// nil: no token of ours.
  public init?(parsing text: Secret) {
    let characters = text.reveal()
    guard characters.utf8.count == Self.characterCount,
      characters.utf8.starts(with: "\(Self.prefix)".utf8)
    else { return nil }
    let rest = characters.utf8.dropFirst(6)
    let random = String(decoding: rest.prefix(Self.randomCharacters), as: UTF8.self)
    let checksum = String(decoding: rest.suffix(Self.checksumCharacters), as: UTF8.self)
    guard constantTimeEquals(checksum, Self.checksum(of: random)) else { return nil }
    self.text = text
  }

  /// What the database holds.
  public var hash: [UInt8] { Digest.sha256(text.reveal()) }

  /// Its beginning, by which its owner knows it again: 24 of its 256 random bits.
  public var shown: String { String(text.reveal().prefix(Self.shownCharacters)) }

  private static func checksum(of random: String) -> String {
    String(Base64URL.encode(Digest.sha256("focal api token " + random)).prefix(checksumCharacters))
  }
}
