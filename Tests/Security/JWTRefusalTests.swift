import EventLoopTesting
import Testing
import Wire

@testable import Security

/// One case for each check: the signature is right, one thing is not.
struct JWTRefusalTests {
  nonisolated struct Case: Sendable, CustomTestStringConvertible {
    let header: String?
    let changes: [String: String]
    let error: JWTError

    init(_ changes: [String: String], _ error: JWTError) {
      (header, self.changes, self.error) = (nil, changes, error)
    }

    init(header: String, _ error: JWTError) {
      (self.header, changes, self.error) = (header, [:], error)
    }

    var testDescription: String { "\(header ?? "") \(changes)" }
  }

  nonisolated static let claims = [
    Case(["iss": "\"other\""], .wrongIssuer), Case(["iss": ""], .wrongIssuer),
    Case(["iss": "7"], .wrongIssuer), Case(["aud": "\"other\""], .wrongAudience),
    Case(["aud": ""], .wrongAudience), Case(["aud": "[\"focal-api\"]"], .malformed),
    Case(["exp": ""], .wrongClaim("exp")), Case(["exp": "\"1800000900\""], .wrongClaim("exp")),
    Case(["exp": "1800000000"], .expired), Case(["exp": "-1"], .wrongClaim("exp")),
    Case(["exp": "1800000900.5"], .malformed), Case(["exp": "18e8"], .malformed),
    Case(["exp": "18000009000000000"], .malformed), Case(["exp": "01800000900"], .malformed),
    Case(["exp": "true"], .wrongClaim("exp")), Case(["nbf": ""], .wrongClaim("nbf")),
    Case(["nbf": "1800000006"], .notYetValid), Case(["nbf": "null"], .wrongClaim("nbf")),
    Case(["iat": ""], .wrongClaim("iat")), Case(["iat": "1800000006"], .notYetValid),
    Case(["sub": ""], .wrongClaim("sub")), Case(["sub": "7"], .wrongClaim("sub")),
    Case(["sub": "\"admin\""], .wrongClaim("sub")),
    Case(["sub": "\"017F22E2-79B0-7CC3-98C4-DC0C0C07398F\""], .wrongClaim("sub")),
    Case(["sid": ""], .wrongClaim("sid")), Case(["sid": "\"\""], .wrongClaim("sid")),
    Case(["jti": ""], .wrongClaim("jti")), Case(["jti": "\"x\""], .wrongClaim("jti")),
    Case(["role": ""], .wrongClaim("role")), Case(["role": "\"root\""], .wrongClaim("role")),
    Case(["scope": ""], .wrongClaim("scope")), Case(["scope": "\"FULL\""], .wrongClaim("scope")),
    Case(["family_exp": "\"x\""], .wrongClaim("family_exp")),
    Case(["extra": "{}"], .malformed), Case(["extra": "\"\\u0061\""], .malformed),
    Case(["extra": "nul"], .malformed), Case(["extra": "-"], .malformed),
  ]

  nonisolated static let headers = [
    Case(header: "{\"alg\":\"none\"}", .wrongAlgorithm),
    Case(header: "{\"alg\":\"None\"}", .wrongAlgorithm),
    Case(header: "{\"alg\":\"\"}", .wrongAlgorithm),
    Case(header: "{\"alg\":\"RS256\"}", .wrongAlgorithm),
    Case(header: "{\"alg\":\"eddsa\"}", .wrongAlgorithm), Case(header: "{}", .malformed),
    Case(header: "{\"alg\":7}", .malformed), Case(header: "{\"alg\":null}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"crit\":\"exp\"}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"]}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"b64\":false}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"typ\":\"JWE\"}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"typ\":1}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",\"kid\":\"other\"}", .unknownKey),
    Case(header: "{\"alg\":\"EdDSA\",\"kid\":\"\"}", .unknownKey),
    Case(header: "{\"alg\":\"EdDSA\",\"kid\":1}", .unknownKey),
    Case(header: "{\"alg\":\"EdDSA\"} ", .malformed),
    Case(header: " {\"alg\":\"EdDSA\"}", .malformed),
    Case(header: "{\"alg\":\"EdDSA\",}", .malformed), Case(header: "[\"EdDSA\"]", .malformed),
    Case(header: "{\"alg\":\"EdDSA\"", .malformed), Case(header: "", .malformed),
    Case(header: "{\"alg\":\"Ed\nDSA\"}", .malformed), Case(header: "\"EdDSA\"", .malformed),
  ]

  @Test(arguments: claims)
  func wrongClaimIsRefused(_ wrong: Case) throws {
    for algorithm in JWTAlgorithm.allCases {
      let fixture = try JWTFixture(algorithm)
      #expect(fixture.refusal(of: fixture.signed()) == nil)
      let text = fixture.signed(claims: JWTFixture.claims(wrong.changes))
      #expect(fixture.refusal(of: text) == wrong.error)
    }
  }

  @Test(arguments: headers)
  func wrongHeaderIsRefused(_ wrong: Case) throws {
    let fixture = try JWTFixture(.edDSA)
    #expect(fixture.refusal(of: fixture.signed(header: "{\"alg\":\"EdDSA\"}")) == nil)
    #expect(fixture.refusal(of: fixture.signed(header: wrong.header)) == wrong.error)
  }

  @Test(arguments: JWTAlgorithm.allCases)
  func algorithmOfTheOtherKindIsRefused(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    let other = algorithm == .edDSA ? JWTAlgorithm.hs256 : .edDSA
    let header = "{\"alg\":\"\(other.rawValue)\",\"kid\":\"\(fixture.key.id)\"}"
    #expect(fixture.refusal(of: fixture.signed(header: header)) == .wrongAlgorithm)
  }

  @Test func claimsThatNobodyKnowsAreIgnored() throws {
    let fixture = try JWTFixture(.edDSA)
    let claims = JWTFixture.claims(["a": "\"ü\"", "b": "-7", "c": "true", "d": "null"])
    #expect(fixture.refusal(of: fixture.signed(claims: claims)) == nil)
  }

  @Test(arguments: JWTAlgorithm.allCases)
  func changedTextIsRefused(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    let text = fixture.signed()
    let parts = text.split(separator: ".").map(String.init)
    let empty = "\(parts[0]).\(parts[1])."
    #expect(fixture.refusal(of: empty) == .wrongSignature)
    for wrong in [
      "", ".", "..", "...", parts[0], "\(parts[0]).\(parts[1])", text + ".", "." + text,
      text + "." + parts[2], text + "=", text + " ", " " + text, text + "\n", "Bearer " + text,
      "\(parts[0])..\(parts[2])", ".\(parts[1]).\(parts[2])",
      text.replacing(".", with: "%2e"), String(repeating: "a", count: 100_000),
    ] {
      #expect(fixture.refusal(of: wrong) == .malformed)
    }
  }

  @Test func tooManyClaimsAndTooLongTokensAreRefused() throws {
    let fixture = try JWTFixture(.hs256)
    var changes: [String: String] = [:]
    for number in 0..<ClaimSet.claimsMax { changes["c\(number)"] = "1" }
    let many = fixture.signed(claims: JWTFixture.claims(changes))
    #expect(fixture.refusal(of: many) == .malformed)
    let filler = "\"" + String(repeating: "x", count: JWTVerifier.tokenBytesMax) + "\""
    let long = fixture.signed(claims: JWTFixture.claims(["x": filler]))
    #expect(fixture.refusal(of: long) == .malformed)
  }

  @Test func signatureOfAnotherKeyIsRefused() throws {
    let fixture = try JWTFixture(.hs256)
    let other = try SigningKey(hs256: Secret("0123456789abcdef0123456789abcdeF"))
    let forged = JWTSigner(key: other, issuer: "focal", audience: "focal-api")
    #expect(fixture.refusal(of: forged.sign(JWTFixture.token)) == .unknownKey)
    var text = fixture.signed()
    text.removeLast(43)
    let signature = Array(text.utf8.dropLast()).withUnsafeBytes { other.sign($0) }
    #expect(fixture.refusal(of: text + Base64URL.encode(signature)) == .wrongSignature)
  }

  /// Base64url is read strictly and signatures are checked, so no change whatever may pass.
  @Test(arguments: [(JWTAlgorithm.hs256, 20_000), (.edDSA, 3_000)])
  func noMutationPasses(_ algorithm: JWTAlgorithm, _ rounds: Int) throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let fixture = try JWTFixture(algorithm)
    let original = Array(fixture.signed().utf8)
    let verifier = fixture.verifier
    for round in 0..<rounds {
      let mutated = random.mutate(original)
      guard mutated != original else { continue }
      let passed = mutated.withUnsafeBytes { bytes in
        do throws(JWTError) {
          _ = try verifier.verify(bytes, now: JWTFixture.now)
          return true
        } catch {
          return false
        }
      }
      #expect(!passed, "seed \(seed), round \(round): \(mutated)")
    }
    print("JWT mutations: seed \(seed)")
  }
}
