/// A phase that is over, and not because it was skipped or reset.
nonisolated struct FinishedPhase: Hashable, Sendable {
  /// Counts the phases that a room has begun.
  var number: Int64
  var phase: RoomTimer.Phase
  /// 1 with the first work phase.
  var cycle: Int
  /// The stretches in which it ran, in order.
  var segments: [Interval]
  /// When it was over: its deadline, or when it was completed early.
  var end: Int64

  /// The unpaused time that it ran.
  var milliseconds: Int64 { segments.reduce(0) { $0 + $1.milliseconds } }
}
