import Wire

/// Makes access tokens (RFC 7519) with one key.
public final class JWTSigner {
  private let key: SigningKey
  /// The encoded header and the dot behind it: the same for all tokens.
  private let header: String
  /// The claims that are the same for all tokens.
  private let origin: String

  /// `issuer` and `audience` are printable ASCII without quotes and backslashes.
  public init(key: SigningKey, issuer: String, audience: String) {
    let isPlain = (issuer + audience).utf8.allSatisfy {
      $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    precondition(isPlain, "issuer and audience must be plain text")
    self.key = key
    let json = "{\"alg\":\"\(key.algorithm.rawValue)\",\"kid\":\"\(key.id)\",\"typ\":\"JWT\"}"
    header = Base64URL.encode(Array(json.utf8)) + "."
    origin = "{\"iss\":\"\(issuer)\",\"aud\":\"\(audience)\""
  }

  /// The signed token. The ids are UUIDs and `expiresAt` lies after `issuedAt`.
  public func sign(_ token: AccessToken) -> String {
    for id in [token.userID, token.sessionID, token.tokenID] {
      precondition(UUIDv7(id) != nil, "ids in tokens are UUIDs")
    }
    precondition(token.expiresAt > token.issuedAt, "a token lives for a time")
    var claims =
      origin + ",\"sub\":\"\(token.userID)\",\"sid\":\"\(token.sessionID)\""
      + ",\"jti\":\"\(token.tokenID)\",\"role\":\"\(token.role.claim)\""
      + ",\"scope\":\"\(token.scope.claim)\",\"iat\":\(token.issuedAt)"
      + ",\"nbf\":\(token.issuedAt),\"exp\":\(token.expiresAt)"
    if let familyExpiry = token.familyExpiry { claims += ",\"family_exp\":\(familyExpiry)" }
    claims += "}"
    var text = header + Base64URL.encode(Array(claims.utf8))
    let signature = text.withUTF8 { key.sign(UnsafeRawBufferPointer($0)) }
    text += "." + Base64URL.encode(signature)
    return text
  }
}
