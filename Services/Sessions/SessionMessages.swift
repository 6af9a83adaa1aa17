import Contracts
import TimeZones

extension FocusSession {
  /// The session as its owner sees it at `now`.
  func message(on date: CivilDate, now: Int64) -> Session {
    let seconds = clock.activeMilliseconds(now: now) / 1000
    return Session(
      id: id, userID: userID, roomID: roomID, projectID: projectID,
      sessionType: SessionType(number: kind.rawValue),
      status: SessionStatus(number: clock.status.rawValue), isActive: clock.end == nil,
      startTime: clock.start, endTime: clock.end, completedAt: clock.end,
      durationSeconds: UInt32(seconds), durationMinutes: Double(seconds) / 60,
      pausedSeconds: UInt32(clamping: clock.pausedMilliseconds(now: now) / 1000),
      source: SessionSource(number: source.rawValue), note: note, timezone: calendar.zone,
      localDate: "\(date)", createdAt: createdAt, version: version)
  }

  /// What others learn of a completed session's state; of a deleted one, that it is gone.
  ///
  /// - Parameter change: what has become of it.
  func event(shares: [LocalDayShare], _ change: Change) -> SessionChanged {
    SessionChanged(
      sessionID: id, userID: userID, version: version, deleted: change == .deletion,
      type: SessionType(number: kind.rawValue), source: SessionSource(number: source.rawValue),
      startMs: clock.start, endMs: clock.end ?? clock.start,
      durationSeconds: UInt32(clock.activeMilliseconds(now: clock.start) / 1000),
      days: change == .deletion ? [] : shares.map(\.message), projectID: projectID, roomID: roomID,
      completed: change == .completion)
  }

  /// A change that others learn of.
  enum Change {
    case completion
    case edit
    case deletion
  }
}

extension LocalDayShare {
  var message: DayShare {
    DayShare(
      date: Int32(date.daysSinceEpoch), seconds: UInt32(seconds), sessions: UInt32(sessions),
      byHour: byHour.map { UInt32($0) }, daySeconds: UInt32(daySeconds))
  }
}

extension FocusSession.Kind {
  /// Work, where nothing is said.
  init(_ type: SessionType?) {
    self = type == .break ? .break : .work
  }
}
