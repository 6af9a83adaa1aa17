import Contracts
import EventLoopTesting
import Security
import ServiceKit
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct TwoFactorTests {
  /// A user whose login wants a code, the secret, and the recovery codes.
  private struct Guarded {
    let service: TestService
    let tokens: Tokens
    let totp: TOTP
    let codes: [String]

    init(totpKey: Secret? = nil) async throws {
      service = try await TestService(totpKey: totpKey)
      tokens = try await service.register("ann@example.com")
      let userID = tokens.user?.id ?? ""
      _ = try await service.client.enableTotp(EnableTotpRequest(), service.context(tokens))
      let stored = try await service.pool.read("SELECT secret FROM totp")[0].bytes("secret")
      let secret = try #require(TOTPSeal(key: totpKey).open(stored))
      #expect(try await service.count("totp") == 1 && !userID.isEmpty)
      totp = TOTP(secret: secret)
      let code = totp.code(step: TOTP.step(at: service.clock.now) - 1)
      codes = try await service.client.confirmTotp(
        ConfirmTotpRequest(code: Secret(code)), service.context(tokens)
      ).recoveryCodes
    }

    func code(_ offset: Int64 = 0) -> String {
      totp.code(step: TOTP.step(at: service.clock.now) + offset)
    }

    func login(_ code: String?) async throws -> Tokens {
      try await service.client.login(
        LoginRequest(
          email: "ann@example.com", password: TestService.password,
          totpCode: code.map { Secret($0) }), service.context())
    }
  }

  @Test func aLoginWantsTheCode() async throws {
    try await onLoop {
      let ann = try await Guarded()
      #expect(await refusal { try await ann.login(nil) }?.reason == "totp_required")
      #expect(await refusal { try await ann.login("000000") }?.reason == "invalid_totp_code")
      #expect(try await ann.login(ann.code()).user?.totpEnabled == true)
      #expect(await refusal { try await ann.login(ann.code()) }?.reason == "invalid_totp_code")
    }
  }

  @Test(arguments: [nil, Secret("a key of at least thirty-two bytes")])
  func secretsAreSealedAnew(old: Secret?) async throws {
    try await onLoop {
      let new = Secret("another key of over thirty-two bytes")
      let ann = try await Guarded(totpKey: old)
      let other = old ?? Secret("a key that has sealed nothing so far")
      let resealing = try #require(
        Resealing.authenticators(ann.service.pool, key: new, otherKey: other))
      await resealing.run()
      let stored = try await ann.service.pool.read("SELECT secret FROM totp")[0].bytes("secret")
      let opened = try #require(TOTPSeal(key: new).open(stored))
      #expect(TOTP(secret: opened).code(step: 1) == ann.totp.code(step: 1))
      // Once is enough.
      await resealing.run()
      let again = try await ann.service.pool.read("SELECT secret FROM totp")[0].bytes("secret")
      #expect(stored == again)
    }
  }

  @Test func aSealedSecretServesAsAPlainOneDoes() async throws {
    try await onLoop {
      let ann = try await Guarded(totpKey: Secret("a key of at least thirty-two bytes"))
      let stored = try await ann.service.pool.read("SELECT secret FROM totp")[0].bytes("secret")
      #expect(stored.count > TOTP.secretBytes)
      #expect(try await ann.login(ann.code()).user?.totpEnabled == true)
    }
  }

  @Test func whatWasSealedWithAnotherKeyMakesNoCodes() async throws {
    try await onLoop {
      let ann = try await Guarded()
      let other = TOTPSeal(key: Secret("another key of over thirty-two bytes"))
      try await ann.service.pool.write(
        "UPDATE totp SET secret = $1", [.bytes(other.close([UInt8](repeating: 7, count: 20)))])
      #expect(await refusal { try await ann.login(ann.code()) }?.reason == "invalid_totp_code")
      _ = try await ann.login(ann.codes[0])
    }
  }

  @Test func aRecoveryCodeServesOneOfManyAtOnce() async throws {
    try await onLoop {
      let ann = try await Guarded()
      #expect(ann.codes.count == 10)
      let refusals = await parallel(9) { await refusal { try await ann.login(ann.codes[4]) } }
      #expect(refusals.filter { $0 == nil }.count == 1)
      #expect(try await ann.service.count("recovery_codes") == 9)
    }
  }

  @Test func guessingEndsForAQuarterOfAnHour() async throws {
    try await onLoop {
      let ann = try await Guarded()
      _ = await parallel(30) { await refusal { try await ann.login("000000") } }
      #expect(await refusal { try await ann.login(ann.code()) }?.reason == "rate_limited")
      ann.service.clock.advance(seconds: 901)
      _ = try await ann.login(ann.code())
    }
  }

  @Test func withoutGamificationNoCodeIsSpent() async throws {
    try await onLoop {
      let ann = try await Guarded()
      ann.service.gamification.isAway = true
      #expect(await refusal { try await ann.login(ann.code()) }?.code == .unavailable)
      ann.service.gamification.isAway = false
      _ = try await ann.login(ann.code())
    }
  }

  @Test func recoveryCodesAreReadAsPeopleTypeThem() throws {
    let code = RecoveryCode()
    for typed in [code.text, code.text.uppercased(), code.text.filter { $0 != "-" }] {
      #expect(RecoveryCode.hash(of: Secret(typed)) == code.hash)
    }
    #expect(RecoveryCode.hash(of: Secret("123456")) == nil)
  }

  @Test func theURLNamesTheAccount() {
    #expect(
      OtpauthURL.make("a+b@example.com", secret: "ABC")
        == "otpauth://totp/Focal:a%2Bb%40example.com?secret=ABC&issuer=Focal"
        + "&algorithm=SHA1&digits=6&period=30")
  }
}
