/// A phase that is over, and not because it was skipped or reset.
nonisolated struct FinishedPhase: Hashable, Sendable {
  /// Counts the phases that a room has begun.
  var number: Int64
  var phase: RoomTimer.Phase
  /// The stretches in which it ran, in order.
  var segments: [Interval]
  /// When it was over: its deadline, or when it was completed early.
  var end: Int64
}
