import Contracts
import EventLoop
import Live
import Wire

/// What users who are followed are told of their progress: their metrics and places as they are
/// after a change, and each new badge.
public final class LiveProgress {
  private let progress: Progress
  private let audience: StateFeed.Audience
  private let publish: StateFeed.Publish
  private let metrics: StateFeed
  private let places: StateFeed

  private static let timeLimit = Duration.seconds(5)

  public init(
    _ progress: Progress, audience: @escaping StateFeed.Audience,
    publish: @escaping StateFeed.Publish
  ) {
    self.progress = progress
    self.audience = audience
    self.publish = publish
    metrics = StateFeed(.metricsUpdated, audience: audience, publish: publish) { userID in
      try await Self.metrics(of: userID, progress)
    }
    places = StateFeed(.leaderboardUpdated, audience: audience, publish: publish) { userID in
      let context = Self.context(userID)
      let places = try await progress.upToDate(context) {
        try await progress.places(context).bytes()
      }
      return .init(
        content: places, data: try Schemas.transcoder.json(of: OwnPlaces.self, places))
    }
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  /// A user's progress has changed, and the change is committed.
  public func changed(_ userID: String, _ change: Progress.Change) {
    metrics.changed(userID)
    if change.movesRanks { places.changed(userID) }
  }

  /// Tells of a badge: as it is now, if its owner still has it. Twice does no harm.
  public func tell(_ raised: NotificationRaised) async throws {
    guard raised.kind == .badgeAwarded, let badgeID = raised.subjectID,
      try await !audience([raised.userID]).isEmpty,
      let badge = try await progress.badges.badge(badgeID, of: raised.userID),
      badge.awardedAt != nil
    else { return }
    try await publish(
      LiveEvent(
        id: "badge:\(raised.id)", userID: raised.userID, type: .badgeAwarded,
        serverTimeMs: progress.now(), data: try Schemas.transcoder.json(of: Badge(badge))))
  }

  /// As the route answers them: the time of the answer makes no other state.
  private static func metrics(
    of userID: String, _ progress: Progress
  ) async throws -> StateFeed.State {
    let context = context(userID)
    let content = try await progress.upToDate(context) { try await progress.metrics(context) }
    var bytes = content
    ProgressDispatcher.append(serverTime: progress.now(), to: &bytes)
    return .init(
      content: content, data: try Schemas.transcoder.json(of: FocusMetrics.self, bytes))
  }

  /// As if the user asked.
  private static func context(_ userID: String) -> CallContext {
    CallContext(
      deadlineNanoseconds: Deadline.after(timeLimit).nanoseconds,
      caller: Caller(userID: userID, sessionID: ""))
  }
}
