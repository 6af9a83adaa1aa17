/// The clock of one session: runs, pauses, runs again, stops. Paused time never counts.
///
/// Instants are milliseconds since the epoch, always the server's. A clock that is asked with an
/// instant before its latest one (the machine's time was set back) takes it for the latest one.
nonisolated struct SessionClock: Hashable, Sendable {
  private(set) var start: Int64
  /// Stretches in which the clock ran to their end, in order, none of them empty.
  private(set) var segments: [Interval]
  /// Since when the clock runs; nil while it does not.
  private(set) var runningSince: Int64?
  /// When the session ended; nil while it is active.
  private(set) var end: Int64?

  enum Status: Int32, Sendable {
    case running = 1
    case paused = 2
    case completed = 3
  }

  enum Refusal: Error, Hashable {
    /// A completed session does not go on.
    case notActive
    /// The clock was paused too often.
    case tooManyPauses
  }

  /// What a session may hold: a clock that was forgotten earns no more.
  static let activeMillisecondsMax: Int64 = 24 * 3_600_000
  static let segmentsMax = 1000

  /// A clock that starts to run.
  init(startingAt start: Int64) {
    self.start = start
    segments = []
    runningSince = start
    end = nil
  }

  /// A session that is complete, and was never paused.
  init(completed interval: Interval) {
    start = interval.start
    segments = [interval]
    runningSince = nil
    end = interval.end
  }

  /// A clock as it was stored.
  init(start: Int64, segments: [Interval], runningSince: Int64?, end: Int64?) {
    self.start = start
    self.segments = segments
    self.runningSince = runningSince
    self.end = end
  }

  var status: Status {
    if end != nil { return .completed }
    return runningSince == nil ? .paused : .running
  }

  // MARK: - Transitions

  /// Stops the clock until `resume`; a paused clock stays as it is. Returns whether it changed.
  mutating func pause(at instant: Int64) throws(Refusal) -> Bool {
    guard end == nil else { throw .notActive }
    guard let since = runningSince else { return false }
    guard segments.count < Self.segmentsMax else { throw .tooManyPauses }
    append(Interval(start: since, end: max(instant, since)))
    runningSince = nil
    return true
  }

  /// Lets the clock run on; a running clock stays as it is. Returns whether it changed.
  mutating func resume(at instant: Int64) throws(Refusal) -> Bool {
    guard end == nil else { throw .notActive }
    guard runningSince == nil else { return false }
    runningSince = max(instant, latest)
    return true
  }

  /// Completes the session: at `instant`, or when it had run for as long as a session may.
  mutating func stop(at instant: Int64) throws(Refusal) {
    guard end == nil else { throw .notActive }
    let instant = max(instant, latest)
    if let since = runningSince { append(Interval(start: since, end: instant)) }
    runningSince = nil
    end = instant
    cutToMaximum()
  }

  // MARK: - Readings

  /// How long the clock ran, up to `now` where it still runs.
  func activeMilliseconds(now: Int64) -> Int64 {
    var active = segments.reduce(0) { $0 + $1.milliseconds }
    if let since = runningSince { active += max(0, now - since) }
    return min(active, Self.activeMillisecondsMax)
  }

  /// How long it stood still between its start and its end, or `now`.
  func pausedMilliseconds(now: Int64) -> Int64 {
    let active = segments.reduce(0) { $0 + $1.milliseconds }
    guard end == nil else { return end! - start - active }
    return max(0, (runningSince ?? max(now, latest)) - start - active)
  }

  // MARK: - Edits of a completed session

  /// Gives a new length: the end stays, the start moves, pauses are gone.
  mutating func setDuration(milliseconds: Int64) throws(Refusal) {
    guard let end else { throw .notActive }
    self = SessionClock(completed: Interval(start: end - milliseconds, end: end))
  }

  /// Moves the whole session so that it ends at another instant.
  mutating func setEnd(_ instant: Int64) throws(Refusal) {
    guard let end else { throw .notActive }
    let distance = instant - end
    start += distance
    segments = segments.map { Interval(start: $0.start + distance, end: $0.end + distance) }
    self.end = instant
  }

  // MARK: - Helpers

  private var latest: Int64 { runningSince ?? segments.last?.end ?? start }

  private mutating func append(_ segment: Interval) {
    if segment.milliseconds > 0 { segments.append(segment) }
  }

  private mutating func cutToMaximum() {
    var left = Self.activeMillisecondsMax
    for (index, segment) in segments.enumerated() {
      if segment.milliseconds > left {
        segments[index].end = segment.start + left
        segments.removeLast(segments.count - index - (left > 0 ? 1 : 0))
        end = segments.last?.end ?? start
        return
      }
      left -= segment.milliseconds
    }
  }
}
