/// How long a room's phases are, and how they follow each other.
nonisolated struct RoomPlan: Hashable, Sendable {
  var workMilliseconds: Int64
  var breakMilliseconds: Int64
  var longBreakMilliseconds: Int64
  /// Every so many work phases the break is a long one.
  var longBreakEvery: Int
  /// A work phase that is finished starts its break at once.
  var startsBreaks: Bool

  static let standard = RoomPlan(
    workMilliseconds: 1_500_000, breakMilliseconds: 300_000, longBreakMilliseconds: 900_000,
    longBreakEvery: 4, startsBreaks: false)

  /// What a request gives in minutes, fractions allowed; to the millisecond.
  static func milliseconds(minutes: Double) -> Int64 { Int64((minutes * 60_000).rounded()) }

  static func minutes(milliseconds: Int64) -> Double { Double(milliseconds) / 60_000 }

  func milliseconds(of phase: RoomTimer.Phase) -> Int64 {
    switch phase {
    case .work: workMilliseconds
    case .shortBreak: breakMilliseconds
    case .longBreak: longBreakMilliseconds
    }
  }

  /// The break that follows the work phase of a cycle.
  func breakPhase(after cycle: Int) -> RoomTimer.Phase {
    cycle % longBreakEvery == 0 ? .longBreak : .shortBreak
  }
}
