import Testing
import Wire

@testable import Security

struct JWTTests {
  @Test(arguments: JWTAlgorithm.allCases)
  func signedTokenIsRead(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    let text = fixture.signer.sign(JWTFixture.token)
    #expect(try fixture.verifier.verify(text, now: JWTFixture.now) == JWTFixture.token)
    #expect(text.utf8.count < 700)
    #expect(JWTFixture.token.caller.role == .moderator)
  }

  @Test(arguments: JWTAlgorithm.allCases)
  func allRolesAndScopesAreKept(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    for role in Caller.Role.allCases {
      for scope in Caller.Scope.allCases {
        var token = JWTFixture.token
        (token.role, token.scope, token.familyExpiry) = (role, scope, nil)
        let text = fixture.signer.sign(token)
        #expect(try fixture.verifier.verify(text, now: JWTFixture.now) == token)
      }
    }
  }

  /// RFC 8037 appendix A.4 and A.5.
  @Test func ed25519OfTheRFC() throws {
    let key = try JWTFixture(.edDSA).key
    let signed = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
    let signature = signed.withUnsafeBytes { key.sign($0) }
    #expect(
      Base64URL.encode(signature)
        == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    let publicKey = try VerificationKey(ed25519: JWTFixture.publicKey)
    #expect(signed.withUnsafeBytes { publicKey.accepts(signature, of: $0) })
    #expect(publicKey.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    #expect(key.id == publicKey.id)
  }

  /// RFC 7515 appendix A.1.
  @Test func hs256OfTheRFC() throws {
    let key = try #require(
      Base64URL.decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
    let signed =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    #expect(
      Base64URL.encode(Digest.hmac(Array(signed.utf8), key: key))
        == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
  }

  @Test func timesHaveTheirBorders() throws {
    let fixture = try JWTFixture(.hs256)
    let text = fixture.signer.sign(JWTFixture.token)
    let leeway = JWTVerifier.leewaySeconds
    #expect(fixture.refusal(of: text, now: JWTFixture.now + 899) == nil)
    #expect(fixture.refusal(of: text, now: JWTFixture.now + 900) == .expired)
    #expect(fixture.refusal(of: text, now: JWTFixture.now - leeway) == nil)
    #expect(fixture.refusal(of: text, now: JWTFixture.now - leeway - 1) == .notYetValid)
  }

  @Test func eachKeyOfARotationVerifies() throws {
    let old = SigningKey.generate()
    let new = SigningKey.generate()
    let fixture = try JWTFixture(.edDSA)
    let verifier = fixture.verifier(of: [new.verificationKey, old.verificationKey])
    for key in [old, new] {
      let text = JWTSigner(key: key, issuer: "focal", audience: "focal-api").sign(JWTFixture.token)
      #expect(try verifier.verify(text, now: JWTFixture.now) == JWTFixture.token)
    }
    let stranger = fixture.signer.sign(JWTFixture.token)
    #expect(throws: JWTError.unknownKey) { try verifier.verify(stranger, now: JWTFixture.now) }
    let nameless = fixture.signed(header: "{\"alg\":\"EdDSA\"}")
    #expect(throws: JWTError.unknownKey) { try verifier.verify(nameless, now: JWTFixture.now) }
    #expect(fixture.refusal(of: nameless) == nil)
  }

  /// The classic attack: the public key, which everybody knows, as the secret of an HMAC.
  @Test func publicKeyIsNoSharedSecret() throws {
    let fixture = try JWTFixture(.edDSA)
    let pem = try #require(fixture.key.verificationKey.pem)
    let forger = try SigningKey(hs256: Secret(pem))
    let header = "{\"alg\":\"HS256\",\"kid\":\"\(fixture.key.id)\"}"
    let text =
      Base64URL.encode(Array(header.utf8)) + "."
      + Base64URL.encode(Array(JWTFixture.claims().utf8))
    let signature = Array(text.utf8).withUnsafeBytes { forger.sign($0) }
    #expect(fixture.refusal(of: text + "." + Base64URL.encode(signature)) == .wrongAlgorithm)
  }

  @Test func keySetShowsPublicKeysOnly() throws {
    let fixture = try JWTFixture(.edDSA)
    let shared = try JWTFixture(.hs256)
    let text = JSONWebKeySet.text([fixture.key.verificationKey, shared.key.verificationKey])
    #expect(
      text == """
        {"keys":[{"kty":"OKP","crv":"Ed25519","x":"\(JWTFixture.publicKey)",\
        "kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","alg":"EdDSA","use":"sig"}]}
        """)
    #expect(JSONWebKeySet.text([]) == "{\"keys\":[]}")
  }
}
