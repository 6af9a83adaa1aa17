import Testing
import Wire

@testable import Auth

struct RefreshRuleTests {
  private let day: Int64 = 86_400_000

  @Test func anUnknownTokenIsRefused() {
    #expect(RefreshRule.decide(nil, now: 0) == .refuse)
  }

  @Test func aFreshTokenIsGrantedUntilItExpires() {
    let token = RefreshRule.Presented(spentAt: nil, expiresAt: 1000)
    #expect(RefreshRule.decide(token, now: 999) == .grant)
    #expect(RefreshRule.decide(token, now: 1000) == .refuse)
  }

  @Test func aSpentTokenServesParallelTabsFor30Seconds() {
    let token = RefreshRule.Presented(spentAt: 5000, expiresAt: day)
    #expect(RefreshRule.decide(token, now: 5000) == .grant)
    #expect(RefreshRule.decide(token, now: 35_000) == .grant)
    #expect(RefreshRule.decide(token, now: 35_001) == .revokeDevice)
  }

  @Test func aSpentTokenThatExpiredIsOnlyRefused() {
    let token = RefreshRule.Presented(spentAt: 0, expiresAt: day)
    #expect(RefreshRule.decide(token, now: day) == .refuse)
  }

  @Test func anotherProcesssClockMayRunAhead() {
    let token = RefreshRule.Presented(spentAt: 5000, expiresAt: day)
    #expect(RefreshRule.decide(token, now: 4000) == .grant)
  }

  @Test func aTokenIsReadBackFromItsText() throws {
    let token = OneTimeToken()
    #expect(token.text.byteCount == 43)
    #expect(token.hash.count == 32)
    let read = try #require(OneTimeToken(parsing: token.text))
    #expect(read.hash == token.hash && read.text == token.text)
    #expect(OneTimeToken().hash != token.hash)
  }

  @Test(arguments: ["", "nonsense", String(repeating: "x", count: 200), "a.b.c"])
  func otherTextsAreNoTokens(_ text: String) {
    #expect(OneTimeToken(parsing: Secret(text)) == nil)
  }
}
