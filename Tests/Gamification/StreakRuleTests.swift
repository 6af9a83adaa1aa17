import EventLoopTesting
import Testing
import TimeZones

@testable import Gamification

struct StreakRuleTests {
  private let today = CivilDate(year: 2026, month: 11, day: 21)

  /// Days before today, e.g. 0 for today itself.
  private func rule(active: [Int], excused: [Int] = []) -> StreakRule {
    StreakRule(
      active: active.sorted(by: >).map { today - $0 }, excused: Set(excused.map { today - $0 }),
      today: today)
  }

  @Test func nobodyStartsWithAStreak() {
    let rule = rule(active: [])
    #expect(rule.current == 0)
    #expect(rule.longest == 0)
    #expect(rule.lastActive == nil)
    #expect(!rule.isActiveToday)
    #expect(!rule.isAtRisk)
  }

  @Test func daysInARowCount() {
    let rule = rule(active: [0, 1, 2])
    #expect(rule.current == 3)
    #expect(rule.longest == 3)
    #expect(rule.isActiveToday)
    #expect(!rule.isAtRisk)
  }

  @Test func todayBreaksNothingUntilItIsOver() {
    let rule = rule(active: [1, 2])
    #expect(rule.current == 2)
    #expect(rule.isAtRisk)
    #expect(rule.lastActive == today - 1)
  }

  @Test func aDayThatIsOverBreaksTheStreak() {
    let rule = rule(active: [2, 3, 4])
    #expect(rule.current == 0)
    #expect(rule.longest == 3)
    #expect(!rule.isAtRisk)
  }

  @Test func backdatingRepairsAStreak() {
    #expect(rule(active: [0, 2, 3]).current == 1)
    #expect(rule(active: [0, 1, 2, 3]).current == 4)
  }

  @Test func theLongestMayLieInThePast() {
    let rule = rule(active: [0, 1, 10, 11, 12, 20])
    #expect(rule.current == 2)
    #expect(rule.longest == 3)
  }

  @Test func anExcusedDayKeepsAStreakAndDoesNotLengthenIt() {
    #expect(rule(active: [0, 2], excused: [1]).current == 2)
    #expect(rule(active: [2, 3], excused: [1]).current == 2)
    #expect(rule(active: [2, 3], excused: [1]).isAtRisk)
    #expect(rule(active: [3, 4], excused: [1]).current == 0)
    #expect(rule(active: [0, 1], excused: [1]).current == 2)
  }

  @Test func sevenDaysEarnAFreeze() {
    #expect(rule(active: Array(0...5)).freezesLeft == 0)
    #expect(rule(active: Array(0...6)).freezesLeft == 1)
    #expect(rule(active: Array(0...13)).freezesLeft == 2)
    // Two at the most, however long the streak.
    #expect(rule(active: Array(0...69)).freezesLeft == 2)
  }

  @Test func aFreezeKeepsAStreakAndDoesNotLengthenIt() {
    let rule = rule(active: Array(1...7))
    #expect(rule.current == 7)
    #expect(!rule.isAtRisk)
    let missed = self.rule(active: Array(2...8))
    #expect(missed.current == 7)
    #expect(missed.freezesLeft == 0)
    #expect(missed.isAtRisk)
    #expect(self.rule(active: Array(3...9)).current == 0)
    #expect(self.rule(active: [0] + Array(2...8)).current == 8)
    #expect(self.rule(active: [0] + Array(2...8)).longest == 8)
  }

  @Test func freezesCoverTwoDaysInARowAtTheMost() {
    #expect(rule(active: [0] + Array(3...30)).current == 29)
    #expect(rule(active: [0] + Array(4...60)).current == 1)
    // Spent is spent: a streak of 14 days has earned two.
    #expect(rule(active: [0, 2] + Array(5...18)).current == 1)
    #expect(rule(active: [0] + Array(3...16)).freezesLeft == 0)
    #expect(rule(active: [0] + Array(3...23)).freezesLeft == 1)
  }

  @Test func oneMoreActiveDayNeverShortensAStreak() {
    var random = SeededGenerator(seed: .random(in: .min ... .max))
    for _ in 0..<500 {
      let density = Int.random(in: 2...12, using: &random)
      var days = Set((0..<120).filter { _ in Int.random(in: 0..<density, using: &random) > 0 })
      let before = rule(active: Array(days))
      days.insert(Int.random(in: 0..<120, using: &random))
      let after = rule(active: Array(days))
      #expect(after.current >= before.current)
      #expect(after.longest >= before.longest)
    }
  }

  @Test func goingWestMakesTheLastActiveDayLaterThanToday() {
    let rule = rule(active: [-1, 0, 1])
    #expect(rule.current == 3)
    #expect(rule.isActiveToday)
    #expect(!rule.isAtRisk)
  }

  @Test func aDateThatJumpsAheadIsExcusedOnceAWeek() {
    #expect(ZoneChange.excusedDays(before: today, after: today, excused: []) == [])
    #expect(ZoneChange.excusedDays(before: today, after: today - 1, excused: []) == [])
    #expect(ZoneChange.excusedDays(before: today, after: today + 1, excused: []) == [today])
    #expect(
      ZoneChange.excusedDays(before: today, after: today + 2, excused: []) == [today, today + 1])
    #expect(ZoneChange.excusedDays(before: today, after: today + 1, excused: [today - 6]) == [])
    #expect(
      ZoneChange.excusedDays(before: today, after: today + 1, excused: [today - 7]) == [today])
  }
}
