import Contracts
import Testing
import Wire

@testable import Auth

struct ProfileRuleTests {
  private let account = Account(
    id: "01890000-0000-7000-8000-000000000001", email: "ann@example.com", username: "ann",
    createdAt: 1000)

  private func violations(_ change: ProfileChange) -> [String] {
    var check = RuleCheck()
    change.check(&check)
    return check.violations.map(\.field)
  }

  @Test func whatIsLeftOutStays() {
    var account = account
    account.bio = "about me"
    let changed = ProfileChange(name: " Ann ").applied(to: account, now: 2000)
    #expect(changed.name == " Ann ")
    #expect(changed.bio == "about me")
  }

  @Test func anEmptyTextRemovesTheField() {
    var account = account
    account.name = "Ann"
    account.bio = "about me"
    account.image = "https://example.com/a.png"
    let changed = ProfileChange(name: "", bio: "", image: "").applied(to: account, now: 2000)
    #expect(changed.name == nil && changed.bio == nil && changed.image == nil)
  }

  @Test func eachChangeCountsUp() {
    let changed = ProfileChange(timezone: "Europe/Berlin").applied(to: account, now: 2000)
    #expect(changed.version == 2)
    #expect(changed.updatedAt == 2000)
    #expect(changed.createdAt == 1000)
  }

  @Test func whatChangesNothingIsNoChange() {
    #expect(ProfileChange(username: "ann", bio: "").applied(to: account, now: 2000) == account)
  }

  @Test func aClockThatWentBackDoesNotTurnBackTheAccount() {
    #expect(ProfileChange(name: "Ann").applied(to: account, now: 10).updatedAt == 1000)
  }

  @Test func allViolationsAreReportedAtOnce() {
    let change = ProfileChange(
      username: "a", image: "http://x.y", timezone: "Mars/Olympus", dayStartHour: 24)
    #expect(violations(change) == ["username", "image", "timezone", "day_start_hour"])
  }

  @Test(arguments: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
  func takesZonesThatExist(_ zone: String) {
    #expect(violations(ProfileChange(timezone: zone)).isEmpty)
  }

  @Test(arguments: ["", "Nowhere", "../etc/passwd", "Europe/berlin/x", "posix/UTC", "Europe"])
  func refusesOtherZones(_ zone: String) {
    #expect(violations(ProfileChange(timezone: zone)) == ["timezone"])
  }

  @Test(arguments: [
    "https://example.com", "https://example.com/a.png?b=c#d", "HTTPS://EXAMPLE.com:8443/",
    "https://xn--bcher-kva.example/", "https://127.0.0.1/a",
  ])
  func takesImages(_ url: String) {
    #expect(violations(ProfileChange(image: url)).isEmpty)
  }

  @Test(arguments: [
    "http://example.com", "javascript:alert(1)", "https://", "https:///a", "https://a b/",
    "https://user@example.com/", "https://example.com:port/", "https://example.com:123456/",
    "https://-x/", "https://example.com/\"", "https://exämple.com/", "//example.com",
    "https://example.com/" + String(repeating: "a", count: 2048),
  ])
  func refusesOtherImages(_ url: String) {
    #expect(violations(ProfileChange(image: url)) == ["image"])
  }

  @Test func passwordsHave8To128Characters() {
    func isTaken(_ length: Int) -> Bool {
      var check = RuleCheck()
      let password = Secret(String(repeating: "ö", count: length))
      check.value { () throws(RuleViolation) in try PasswordRule.check(password) }
      return check.violations.isEmpty
    }
    #expect(!isTaken(7) && isTaken(8) && isTaken(128) && !isTaken(129))
  }
}
