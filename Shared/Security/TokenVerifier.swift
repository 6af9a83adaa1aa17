/// A verifier with its cache.
public final class TokenVerifier {
  private let verifier: JWTVerifier
  private var cache: JWTCache
  /// Tokens found in the cache, and looked for.
  public private(set) var hits = 0
  public private(set) var lookups = 0

  public init(_ verifier: JWTVerifier, cacheCapacity: Int = 4096) {
    self.verifier = verifier
    cache = JWTCache(capacity: cacheCapacity)
  }

  /// As `JWTVerifier.verify`.
  public func verify(
    _ token: UnsafeRawBufferPointer, now: Int = JWTVerifier.currentSecond()
  ) throws(JWTError) -> AccessToken {
    lookups += 1
    if let claims = cache.find(token, now: now) {
      hits += 1
      return claims
    }
    let claims = try verifier.verify(token, now: now)
    cache.insert(token, claims, now: now)
    return claims
  }

  /// As `JWTVerifier.verify`.
  public func verify(
    _ token: String, now: Int = JWTVerifier.currentSecond()
  ) throws(JWTError) -> AccessToken {
    var token = token
    let result: Result<AccessToken, JWTError> = token.withUTF8 { bytes in
      do throws(JWTError) {
        return .success(try verify(UnsafeRawBufferPointer(bytes), now: now))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
