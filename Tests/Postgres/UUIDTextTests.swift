import Testing

@testable import Postgres

@Suite struct UUIDTextTests {
  @Test func anyUUIDComesBackInLowerCase() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed", seed)
    var state = seed
    for _ in 0..<1_000 {
      var bytes: [UInt8] = []
      for _ in 0..<16 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(state >> 56))
      }
      let text = bytes.withUnsafeBytes { UUIDText.text($0.baseAddress!) }
      #expect(text == slow(bytes))
      #expect(parse(text) == bytes)
      #expect(parse(text.uppercased()) == bytes)
    }
  }

  @Test(arguments: [
    "", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f405", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40515",
    "0190a1b2xc3d4-7e5f-8a9b-0c1d2e3f4051", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f405g",
    "g190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40 1",
    "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40`1", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40@1",
    "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40/1", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40:1",
    "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f40\u{10}1", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4é1",
    "0190a1b2c3d4-7e5f-8a9b-0c1d2e3f4051-", "{190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051",
  ])
  func anythingElseIsRefused(_ text: String) { #expect(parse(text) == nil) }

  @Test func eachCharacterIsJudgedAsTheDigitsSay() {
    for value in 0..<128 {
      let character = Character(UnicodeScalar(UInt8(value)))
      let text = "\(character)0000000-0000-0000-0000-000000000000"
      #expect((parse(text) != nil) == character.isHexDigit, "character \(value)")
    }
  }

  private func parse(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { utf8 -> [UInt8]? in
      withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { bytes in
        UUIDText.parse(utf8, into: bytes.baseAddress!) ? Array(bytes) : nil
      }
    }
  }

  private func slow(_ bytes: [UInt8]) -> String {
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    return text
  }
}
