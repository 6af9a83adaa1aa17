/// When somebody was in a room, as far as the current phase is concerned.
nonisolated struct Presence: Hashable, Sendable {
  /// The stays that are over, in order.
  var stays: [Interval]
  /// Since when they are there now; nil once they left.
  var since: Int64?

  /// Who comes and goes more often than this within one phase loses the earliest stays.
  static let staysMax = 100

  /// Ends the current stay.
  mutating func leave(at now: Int64) {
    guard let since else { return }
    if now > since { stays.append(Interval(start: since, end: now)) }
    if stays.count > Self.staysMax { stays.removeFirst(stays.count - Self.staysMax) }
    self.since = nil
  }

  /// The unpaused time of a phase that they were there, as a completed clock; nil for less than a
  /// second.
  func earned(of phase: FinishedPhase) -> SessionClock? {
    var present = stays
    if let since, since < phase.end { present.append(Interval(start: since, end: phase.end)) }
    var earned: [Interval] = []
    var stay = present.makeIterator()
    var segment = phase.segments.makeIterator()
    var (here, runs) = (stay.next(), segment.next())
    while let left = here, let right = runs {
      let common = Interval(
        start: max(left.start, right.start), end: min(left.end, right.end))
      if common.milliseconds > 0 { earned.append(common) }
      if left.end < right.end { here = stay.next() } else { runs = segment.next() }
    }
    guard let first = earned.first, let last = earned.last,
      earned.reduce(0, { $0 + $1.milliseconds }) >= 1000
    else { return nil }
    return SessionClock(
      start: first.start, segments: earned, runningSince: nil, end: last.end)
  }
}
