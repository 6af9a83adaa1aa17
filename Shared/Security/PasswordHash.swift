import CArgon2
import Wire

/// Password hashes: argon2id (RFC 9106) as PHC strings; those of bcrypt are verified too. One takes
/// about 16 ms and 19 MiB: call these in a `BlockingPool`.
public nonisolated struct PasswordHash: Sendable {
  /// What one hash costs. OWASP's recommendation for argon2id.
  public struct Cost: Hashable, Sendable {
    public var kibibytes: UInt32
    public var passes: UInt32
    public var lanes: UInt32

    public init(kibibytes: UInt32 = 19 << 10, passes: UInt32 = 2, lanes: UInt32 = 1) {
      self.kibibytes = kibibytes
      self.passes = passes
      self.lanes = lanes
    }

    public static let standard = Cost()
    /// For tests of what is built on this: 0.1 ms.
    public static let cheapest = Cost(kibibytes: 8, passes: 1)
  }

  public enum Failure: Error, Sendable {
    /// The kernel gave no memory; libargon2's code.
    case argon2(Int32)
  }

  /// Longer passwords never verify; the contract allows 128 characters.
  public static let passwordBytesMax = 1024
  static let saltBytes = 16
  static let hashBytes = 32

  /// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` of a password, with a new salt.
  public static func make(_ password: Secret, cost: Cost = .standard) throws(Failure) -> String {
    let salt = RandomBytes.make(saltBytes)
    let hash = try derive(password, salt: salt, cost: cost, byteCount: hashBytes)
    return PHCString(cost: cost, salt: salt, hash: hash).text
  }

  /// Whether `hash` was made of `password`. False for what is no argon2id or bcrypt hash, and for
  /// costs that no hash of ours has: a row in the database must not be able to exhaust the memory.
  public static func verify(_ password: Secret, _ hash: String) throws(Failure) -> Bool {
    if BcryptHash.isBcrypt(hash) { return BcryptHash.verify(password, hash) }
    guard password.byteCount <= passwordBytesMax, let stored = PHCString(hash) else { return false }
    let computed = try derive(
      password, salt: stored.salt, cost: stored.cost, byteCount: stored.hash.count)
    return constantTimeEquals(computed, stored.hash)
  }

  /// Whether a hash that has just verified should be replaced by a new one: its cost is not today's.
  public static func needsRehash(_ hash: String, cost: Cost = .standard) -> Bool {
    guard let stored = PHCString(hash) else { return true }
    return stored.cost != cost || stored.salt.count != saltBytes || stored.hash.count != hashBytes
  }

  /// A hash that no password has: verified for a user who is not there, it takes the same time.
  public static func dummy(cost: Cost = .standard) -> String {
    PHCString(
      cost: cost, salt: RandomBytes.make(saltBytes), hash: RandomBytes.make(hashBytes)
    ).text
  }

  /// The function itself. `secret` and `data` are for the RFC's test vectors.
  static func derive(
    _ password: Secret, salt: [UInt8], cost: Cost, byteCount: Int, secret: [UInt8] = [],
    data: [UInt8] = []
  ) throws(Failure) -> [UInt8] {
    var text = password.reveal()
    var result: Int32 = 0
    let hash = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      result = text.withUTF8 { password in
        salt.withUnsafeBufferPointer { salt in
          secret.withUnsafeBufferPointer { secret in
            data.withUnsafeBufferPointer { data in
              focal_argon2id(
                input(password), input(salt), input(secret), input(data), cost.kibibytes,
                cost.passes, cost.lanes, buffer.baseAddress, UInt32(byteCount))
            }
          }
        }
      }
      count = result == 0 ? byteCount : 0
    }
    guard result == 0 else { throw .argon2(result) }
    return hash
  }

  private static func input(_ bytes: UnsafeBufferPointer<UInt8>) -> focal_argon2_input {
    focal_argon2_input(
      bytes: bytes.count == 0 ? nil : bytes.baseAddress, count: UInt32(bytes.count))
  }
}
