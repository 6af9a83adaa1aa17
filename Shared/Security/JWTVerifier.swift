import Glibc
import Wire

/// Checks access tokens (RFC 7519, RFC 8725): signature, algorithm, key, issuer, audience, times and the
/// claims that we need.
public final class JWTVerifier {
  /// Longer ones are not looked at; ours have about 500 bytes.
  public static let tokenBytesMax = 2048
  /// Seconds by which the clock of who signed may run ahead: for `nbf` and `iat`. `exp` has no leeway.
  public static let leewaySeconds = 5

  private let keys: [VerificationKey]
  private let issuer: String
  private let audience: String

  /// Several keys: those of before and after a rotation. Tokens name theirs by `kid`; a token without
  /// `kid` is taken only where there is one key.
  public init(keys: [VerificationKey], issuer: String, audience: String) {
    self.keys = keys
    self.issuer = issuer
    self.audience = audience
  }

  /// What the token says, if all of it is right at `now` (Unix seconds).
  public func verify(
    _ token: String, now: Int = JWTVerifier.currentSecond()
  ) throws(JWTError) -> AccessToken {
    var token = token
    // The closure's error type is not inferred through withUTF8.
    let result: Result<AccessToken, JWTError> = token.withUTF8 { bytes in
      do throws(JWTError) {
        return .success(try verify(UnsafeRawBufferPointer(bytes), now: now))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  public func verify(
    _ token: UnsafeRawBufferPointer, now: Int = JWTVerifier.currentSecond()
  ) throws(JWTError) -> AccessToken {
    guard token.count <= JWTVerifier.tokenBytesMax else { throw .malformed }
    let dot = UInt8(ascii: ".")
    guard let first = token.firstIndex(of: dot), let last = token.lastIndex(of: dot), first < last,
      let header = JWTVerifier.object(token[..<first]),
      let claims = JWTVerifier.object(token[(first + 1)..<last]),
      let signature = Base64URL.decode(UnsafeRawBufferPointer(rebasing: token[(last + 1)...]))
    else { throw .malformed }
    let key = try key(for: header)
    let signed = UnsafeRawBufferPointer(rebasing: token[..<last])
    guard key.accepts(signature, of: signed) else { throw .wrongSignature }
    return try check(claims, now: now)
  }

  public nonisolated static func currentSecond() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int(now.tv_sec)
  }

  private static func object(_ part: Slice<UnsafeRawBufferPointer>) -> ClaimSet? {
    Base64URL.decode(UnsafeRawBufferPointer(rebasing: part)).flatMap { ClaimSet($0) }
  }

  private func key(for header: ClaimSet) throws(JWTError) -> VerificationKey {
    // Extensions that must be understood: we understand none (RFC 7515 section 4.1.11).
    guard !header.has("crit"), !header.has("b64"), let algorithm = header.string("alg"),
      !header.has("typ") || header.string("typ")?.uppercased() == "JWT"
    else { throw .malformed }
    var key = keys.count == 1 ? keys.first : nil
    if header.has("kid") { key = keys.first { $0.id == header.string("kid") } }
    guard JWTAlgorithm(rawValue: algorithm) != nil else { throw .wrongAlgorithm }
    guard let key else { throw .unknownKey }
    guard algorithm == key.algorithm.rawValue else { throw .wrongAlgorithm }
    return key
  }

  private func check(_ claims: ClaimSet, now: Int) throws(JWTError) -> AccessToken {
    guard claims.string("iss") == issuer else { throw .wrongIssuer }
    guard claims.string("aud") == audience else { throw .wrongAudience }
    let expiresAt = try time("exp", claims)
    let notBefore = try time("nbf", claims)
    let issuedAt = try time("iat", claims)
    let familyExpiry = claims.has("family_exp") ? try time("family_exp", claims) : nil
    guard now < expiresAt else { throw .expired }
    guard max(notBefore, issuedAt) <= now + JWTVerifier.leewaySeconds else { throw .notYetValid }
    let role = Caller.Role.allCases.first { $0.claim == claims.string("role") }
    guard let role else { throw .wrongClaim("role") }
    let scope = Caller.Scope.allCases.first { $0.claim == claims.string("scope") }
    guard let scope else { throw .wrongClaim("scope") }
    return AccessToken(
      userID: try id("sub", claims), sessionID: try id("sid", claims),
      tokenID: try id("jti", claims), role: role, scope: scope, issuedAt: issuedAt,
      expiresAt: expiresAt, familyExpiry: familyExpiry)
  }

  private func time(_ name: String, _ claims: ClaimSet) throws(JWTError) -> Int {
    guard let second = claims.integer(name), second >= 0 else { throw .wrongClaim(name) }
    return second
  }

  private func id(_ name: String, _ claims: ClaimSet) throws(JWTError) -> String {
    guard let id = claims.string(name), UUIDv7(id)?.text == id else { throw .wrongClaim(name) }
    return id
  }
}
