import Glibc

/// Tokens that were verified, so that the next request with one costs a comparison instead of a
/// signature. Bounded: a new token takes the place of an older one. It says that a token is genuine and
/// not expired, and nothing about revocation, which is asked for each request.
public nonisolated struct JWTCache {
  private struct Entry {
    let token: [UInt8]
    let claims: AccessToken
  }

  /// Entries that a token may stand in.
  private static let ways = 4

  private var entries: [Entry?]
  private var victim = 0

  /// Keeps at most `capacity` tokens, rounded up to a power of two (about 1 KiB each).
  public init(capacity: Int = 4096) {
    var rounded = JWTCache.ways
    while rounded < capacity { rounded *= 2 }
    entries = Array(repeating: nil, count: rounded)
  }

  public var count: Int { entries.count { $0 != nil } }

  /// What the token says, where exactly these bytes were inserted and have not expired at `now`.
  public mutating func find(_ token: UnsafeRawBufferPointer, now: Int) -> AccessToken? {
    let start = firstEntry(of: token)
    for index in start..<(start + JWTCache.ways) {
      guard let entry = entries[index], entry.token.count == token.count else { continue }
      let isEqual = entry.token.withUnsafeBytes {
        memcmp($0.baseAddress!, token.baseAddress!, token.count) == 0
      }
      guard isEqual else { continue }
      if now < entry.claims.expiresAt { return entry.claims }
      entries[index] = nil
      return nil
    }
    return nil
  }

  /// Keeps a token that has just been verified.
  public mutating func insert(_ token: UnsafeRawBufferPointer, _ claims: AccessToken, now: Int) {
    let start = firstEntry(of: token)
    let candidates = start..<(start + JWTCache.ways)
    let free = candidates.first { index in
      entries[index].map { $0.claims.expiresAt <= now } ?? true
    }
    victim = (victim + 1) % JWTCache.ways
    entries[free ?? start + victim] = Entry(token: Array(token), claims: claims)
  }

  public mutating func removeAll() {
    for index in entries.indices { entries[index] = nil }
  }

  /// The signature's bytes are as good as random, and only who holds the key can choose them.
  private func firstEntry(of token: UnsafeRawBufferPointer) -> Int {
    guard token.count >= 40 else { return 0 }
    let word = token.loadUnaligned(fromByteOffset: token.count - 40, as: UInt64.self)
    // Base64url digits vary in their low bits only: mix them.
    let mixed = (word &* 0x9E37_79B9_7F4A_7C15) >> 32
    return Int(mixed) & (entries.count - 1) & ~(JWTCache.ways - 1)
  }
}
