import Redis

/// From which age on a topic's rows are handed to a consumer again.
nonisolated struct DueRule: Hashable, Sendable {
  let topic: String
  let consumer: String
  /// Seconds since the row's last attempt, or since it was written.
  let age: Double

  /// What was handed over less long ago may be under way.
  static let lease = 2.0
  /// How far the clocks of PostgreSQL and Redis may be apart, and how long a change may take to
  /// commit.
  static let clockMargin = 1.0
  /// A stream that is as long gets nothing more by the sweep: else rows would push each other out.
  static let streamLengthMax = EventStreams.lengthMax / 2

  /// The age for a stream; nil: nothing is to be published now.
  ///
  /// A stream's entries are done in order: what was published before the oldest one that is left has
  /// been done, or was lost. Younger rows are on their way in it.
  static func age(_ backlog: StreamBacklog) -> Double? {
    guard backlog.length < streamLengthMax else { return nil }
    guard let oldest = backlog.oldestAge else { return lease + clockMargin }
    let seconds = Double(oldest.components.seconds) + Double(oldest.components.attoseconds) / 1e18
    return max(lease, seconds) + clockMargin
  }

  /// What is added to the age of a row that a consumer failed to apply: 2 s to 32 s.
  static func pause(failures: Int) -> Double {
    failures == 0 ? 0 : Double(1 << min(failures, pauseDoublingsMax))
  }

  private static let pauseDoublingsMax = 5
}
