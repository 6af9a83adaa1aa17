import Testing
import Wire

@testable import Security

/// Keys and tokens that the tests of JWT share.
struct JWTFixture {
  static let now = 1_800_000_000
  static let issuer = "focal"
  static let audience = "focal-api"
  /// RFC 8037 appendix A.1.
  static let privateKey = Secret("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
  static let publicKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
  static let sharedSecret = Secret("0123456789abcdef0123456789abcdef")

  static let token = AccessToken(
    userID: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    sessionID: "017f22e2-79b0-7cc3-98c4-dc0c0c073990",
    tokenID: "017f22e2-79b0-7cc3-98c4-dc0c0c073991", role: .moderator, scope: .full, issuedAt: now,
    expiresAt: now + 900, familyExpiry: now + 2_592_000)

  let key: SigningKey

  init(_ algorithm: JWTAlgorithm) throws {
    key =
      switch algorithm {
      case .edDSA: try SigningKey(ed25519: JWTFixture.privateKey)
      case .hs256: try SigningKey(hs256: JWTFixture.sharedSecret)
      }
  }

  var signer: JWTSigner {
    JWTSigner(key: key, issuer: JWTFixture.issuer, audience: JWTFixture.audience)
  }

  var verifier: JWTVerifier { verifier(of: [key.verificationKey]) }

  func verifier(of keys: [VerificationKey]) -> JWTVerifier {
    JWTVerifier(keys: keys, issuer: JWTFixture.issuer, audience: JWTFixture.audience)
  }

  /// The header as it should be.
  var header: String { "{\"alg\":\"\(key.algorithm.rawValue)\",\"kid\":\"\(key.id)\"}" }

  /// Claims as they should be but for those given; an empty text leaves one out.
  static func claims(_ changes: [String: String] = [:]) -> String {
    var claims = [
      "iss": "\"focal\"", "aud": "\"focal-api\"", "sub": "\"\(token.userID)\"",
      "sid": "\"\(token.sessionID)\"", "jti": "\"\(token.tokenID)\"", "role": "\"moderator\"",
      "scope": "\"full\"", "iat": "\(now)", "nbf": "\(now)", "exp": "\(now + 900)",
      "family_exp": "\(now + 2_592_000)",
    ]
    for (name, value) in changes { claims[name] = value.isEmpty ? nil : value }
    return "{" + claims.map { "\"\($0)\":\($1)" }.sorted().joined(separator: ",") + "}"
  }

  /// A token with a right signature over any header and any claims.
  func signed(header: String? = nil, claims: String = claims()) -> String {
    let text =
      Base64URL.encode(Array((header ?? self.header).utf8)) + "."
      + Base64URL.encode(Array(claims.utf8))
    let signature = Array(text.utf8).withUnsafeBytes { key.sign($0) }
    return text + "." + Base64URL.encode(signature)
  }

  /// Why a token is refused at `now`, `nil` where it is not.
  func refusal(of token: String, now: Int = now) -> JWTError? {
    do throws(JWTError) {
      _ = try verifier.verify(token, now: now)
      return nil
    } catch {
      return error
    }
  }
}
