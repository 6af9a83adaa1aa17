import Testing

@testable import Security

struct TOTPTests {
  static let totp = TOTP(secret: Array("12345678901234567890".utf8))

  /// RFC 6238, appendix B, SHA-1: seconds and codes of 8 digits.
  @Test(arguments: [
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
  ])
  func codesOfTheRFC(_ seconds: Int64, _ code: String) {
    let step = TOTP.step(at: seconds * 1000)
    #expect(Self.totp.code(step: step, digits: 8) == code)
    #expect(Self.totp.code(step: step) == code.suffix(6))
  }

  /// RFC 4226, appendix D.
  @Test func codesOfCountersFromZero() {
    let codes = (0..<10).map { Self.totp.code(step: $0) }
    #expect(
      codes == [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
      ])
  }

  @Test func theStepBeforeAndTheStepAfterCount() {
    let now: Int64 = 1_800_000_000_000
    let step = TOTP.step(at: now)
    for offset: Int64 in -1...1 {
      let code = Self.totp.code(step: step + offset)
      #expect(Self.totp.step(of: code, now: now, after: 0) == step + offset)
    }
    for offset: Int64 in [-2, 2] {
      #expect(Self.totp.step(of: Self.totp.code(step: step + offset), now: now, after: 0) == nil)
    }
  }

  @Test func aCodeCountsOnce() {
    let now: Int64 = 1_800_000_000_000
    let step = TOTP.step(at: now)
    let code = Self.totp.code(step: step)
    #expect(Self.totp.step(of: code, now: now, after: step - 1) == step)
    #expect(Self.totp.step(of: code, now: now, after: step) == nil)
    #expect(Self.totp.step(of: code, now: now + 30_000, after: step) == nil)
    let before = Self.totp.code(step: step - 1)
    #expect(Self.totp.step(of: before, now: now, after: step) == nil)
  }

  @Test(arguments: ["", "12345", "1234567", "abcdef", "１２３４５６"])
  func whatIsNoCodeIsNone(_ text: String) {
    #expect(Self.totp.step(of: text, now: 1_800_000_000_000, after: 0) == nil)
  }

  /// RFC 4648, section 10, without the padding.
  @Test(arguments: [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
    ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
  ])
  func base32OfTheRFC(_ text: String, _ encoded: String) {
    #expect(Base32.encode(Array(text.utf8)) == encoded)
  }
}
