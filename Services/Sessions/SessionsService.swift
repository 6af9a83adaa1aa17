import Contracts
import EventLoop
import Events
import Security
import ServiceKit
import TimeZones
import Wire

/// Focus sessions: one timer a user, and the log of what is completed.
public final class FocusSessions {
  /// The topic of `SessionChanged`.
  public static let topic = "session.changed"

  /// Hands a committed event to its consumers; never fails.
  public typealias Delivery = (_ event: Event, _ context: CallContext) async -> Void

  private let store: SessionStore
  private let projects: ProjectStore
  private let users: KnownUsers
  let export: UserExport
  private let zones: ZoneDatabase
  private let deliver: Delivery
  /// Milliseconds since the epoch.
  private let now: () -> Int64

  /// How often a change is tried again that another one has forestalled.
  private static let attemptsMax = 8

  public init(
    store: SessionStore, projects: ProjectStore, users: KnownUsers, export: UserExport,
    zones: ZoneDatabase = .shared,
    now: @escaping () -> Int64 = { WallClock.milliseconds }, deliver: @escaping Delivery
  ) {
    self.store = store
    self.projects = projects
    self.users = users
    self.export = export
    self.zones = zones
    self.now = now
    self.deliver = deliver
  }

  // MARK: - Helpers

  private func zone(of calendar: FocusSession.Calendar) -> Zone {
    zones.zone(named: calendar.zone) ?? .utc
  }

  private func date(of session: FocusSession) -> CivilDate {
    session.calendar.date(of: session.clock, in: zone(of: session.calendar))
  }

  private func message(_ session: FocusSession) -> Session {
    session.message(on: date(of: session), now: now())
  }

  /// What others learn of a session's state; nil while it is active: only completed ones count.
  private func event(
    _ session: FocusSession, _ change: FocusSession.Change
  ) throws -> Event? {
    guard session.clock.end != nil else { return nil }
    let shares =
      change == .deletion
      ? [] : session.calendar.shares(of: session.clock, in: zone(of: session.calendar))
    return try Event(topic: Self.topic, session.event(shares: shares, change))
  }

  /// Adds a session that `make` builds with the user's settings.
  private func add(
    of userID: String, _ context: CallContext, _ make: (UserSettings) -> FocusSession
  ) async throws -> Session {
    for _ in 0..<Self.attemptsMax {
      let settings = try await users.settings(of: userID, context)
      let session = make(settings)
      let date = date(of: session)
      let event = try event(session, .completion)
      let addition =
        if let event { try await store.log(session, on: date, settings, event) } else {
          try await store.start(session, on: date, settings)
        }
      switch addition {
      case .added:
        if let event { await deliver(event, context) }
        return session.message(on: date, now: now())
      case .settingsChanged: users.forget(userID)
      case .overlaps: throw Refusal.overlaps
      case .alreadyActive: throw Refusal.alreadyActive
      }
    }
    throw Refusal.changedMeanwhile
  }

  /// The project that a request names, where the caller may book time on it.
  private func bookable(_ projectID: String?, by userID: String) async throws -> String? {
    guard let projectID else { return nil }
    return try await projects.bookable(projectID, by: userID)
  }

  /// Changes the active session by one transition of its clock, which tells whether it changed.
  private func turn(
    _ context: CallContext, _ transition: (inout SessionClock, Int64) throws -> Bool
  ) async throws -> Session {
    let userID = try context.userID
    for _ in 0..<Self.attemptsMax {
      guard var session = try await store.active(of: userID) else { throw Refusal.notActive }
      do {
        guard try transition(&session.clock, now()) else { return message(session) }
      } catch SessionClock.Refusal.tooManyPauses {
        throw Refusal.tooManyPauses
      }
      session.version += 1
      let event = try event(session, .completion)
      if try await store.update(session, on: date(of: session), event) {
        if let event { await deliver(event, context) }
        return message(session)
      }
    }
    throw Refusal.changedMeanwhile
  }

  private func list(
    _ request: ListSessionsRequest, _ context: CallContext
  ) async throws -> SessionList {
    let userID = try context.userID
    let calendar =
      request.from == nil && request.to == nil
      ? FocusSession.Calendar(zone: "UTC", dayStartHour: 0)
      : try await users.current(of: userID, context).calendar
    let filter = try Refusal.naming {
      try SessionFilter(
        from: request.from, to: request.to, kind: request.type.map { FocusSession.Kind($0) },
        projectID: request.projectID, calendar: calendar, zone: zone(of: calendar))
    }
    let cursor = try PageCursor.read(request.cursor)
    let limit = Int(request.limit ?? 20)
    // One more than asked for tells whether there is a next page.
    var sessions = try await store.page(of: userID, filter, after: cursor, limit: limit + 1)
    let hasMore = sessions.count > limit
    if hasMore { sessions.removeLast() }
    let next = hasMore ? sessions.last.map { PageCursor(key: $0.clock.end ?? 0, id: $0.id) } : nil
    return SessionList(items: sessions.map(message), nextCursor: next?.text)
  }
}

extension FocusSessions: SessionsService {
  public func startSession(
    _ request: StartSessionRequest, _ context: CallContext
  ) async throws -> Session {
    let userID = try context.userID
    let projectID = try await bookable(request.projectID, by: userID)
    return try await add(of: userID, context) { settings in
      let now = now()
      return FocusSession(
        id: UUIDv7.makeText(), userID: userID, roomID: nil, projectID: projectID,
        kind: .init(request.sessionType), source: .timer, note: request.note,
        clock: SessionClock(startingAt: now), calendar: settings.calendar, createdAt: now,
        version: 1)
    }
  }

  public func pauseSession(
    _ request: PauseSessionRequest, _ context: CallContext
  ) async throws -> Session {
    try await turn(context) { clock, now in try clock.pause(at: now) }
  }

  public func resumeSession(
    _ request: ResumeSessionRequest, _ context: CallContext
  ) async throws -> Session {
    try await turn(context) { clock, now in try clock.resume(at: now) }
  }

  public func stopSession(
    _ request: StopSessionRequest, _ context: CallContext
  ) async throws -> Session {
    try await turn(context) { clock, now in
      try clock.stop(at: now)
      return true
    }
  }

  public func getActiveSession(
    _ request: GetActiveSessionRequest, _ context: CallContext
  ) async throws -> Session {
    guard let session = try await store.active(of: context.userID) else { throw Refusal.noneActive }
    return message(session)
  }

  public func getHistory(
    _ request: ListSessionsRequest, _ context: CallContext
  ) async throws -> SessionList {
    try await list(request, context)
  }

  public func getLogs(
    _ request: ListSessionsRequest, _ context: CallContext
  ) async throws -> SessionList {
    try await list(request, context)
  }

  public func logSession(
    _ request: LogSessionRequest, _ context: CallContext
  ) async throws -> Session {
    let userID = try context.userID
    if let claimed = request.userID, claimed.lowercased() != userID { throw Refusal.notYours }
    let now = now()
    let interval = try Refusal.naming {
      let duration = try SessionRules.duration(
        minutes: request.durationMinutes, seconds: request.durationSeconds)
      guard let duration else { throw SessionRules.missingDuration }
      return try SessionRules.interval(
        durationSeconds: duration, completedAt: request.completedAt, now: now)
    }
    let projectID = try await bookable(request.projectID, by: userID)
    let roomID = request.roomID?.lowercased()
    if let roomID, try await !store.knows(room: roomID, userID) { throw Refusal.strangersRoom }
    return try await add(of: userID, context) { settings in
      FocusSession(
        id: UUIDv7.makeText(), userID: userID, roomID: roomID,
        projectID: projectID, kind: .init(request.sessionType), source: .manual,
        note: request.note, clock: SessionClock(completed: interval),
        calendar: settings.calendar, createdAt: now, version: 1)
    }
  }

  public func getSession(
    _ request: GetSessionRequest, _ context: CallContext
  ) async throws -> Session {
    guard let session = try await store.session(request.id, of: context.userID) else {
      throw Refusal.notFound
    }
    return message(session)
  }

  public func updateSession(
    _ request: UpdateSessionRequest, _ context: CallContext
  ) async throws -> Session {
    let userID = try context.userID
    let edit = try Refusal.naming {
      SessionEdit(
        durationSeconds: try SessionRules.duration(
          minutes: request.durationMinutes, seconds: request.durationSeconds),
        completedAt: request.completedAt, note: request.note,
        projectID: request.projectID?.lowercased())
    }
    for _ in 0..<Self.attemptsMax {
      guard let before = try await store.session(request.id, of: userID) else {
        throw Refusal.notFound
      }
      if edit.projectID != before.projectID {
        _ = try await bookable(edit.projectID, by: userID)
      }
      let session = try Refusal.naming { try edit.applied(to: before, now: now()) }
      if session.isSame(as: before) { return message(before) }
      guard try await write(session, edit, context) else { continue }
      return message(session)
    }
    throw Refusal.changedMeanwhile
  }

  /// False where the session has changed meanwhile.
  private func write(
    _ session: FocusSession, _ edit: SessionEdit, _ context: CallContext
  ) async throws -> Bool {
    let date = date(of: session)
    let event = try event(session, .edit)
    if let event, edit.movesTime,
      // Not from memory: nothing in the statement would notice that another process has learned of a
      // change.
      try await users.current(of: session.userID, context).forbidsOverlap
    {
      switch try await store.updateApart(session, on: date, event) {
      case .added: break
      case .overlaps: throw Refusal.overlaps
      case .settingsChanged, .alreadyActive: return false
      }
    } else if try await !store.update(session, on: date, event) {
      return false
    }
    if let event { await deliver(event, context) }
    return true
  }

  public func deleteSession(
    _ request: DeleteSessionRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    for _ in 0..<Self.attemptsMax {
      guard let session = try await store.session(request.id, of: userID) else {
        throw Refusal.notFound
      }
      var gone = session
      gone.version += 1
      let event = try event(gone, .deletion)
      if try await store.delete(session, event) {
        if let event { await deliver(event, context) }
        return Empty()
      }
    }
    throw Refusal.changedMeanwhile
  }

  public func applyUser(
    _ request: UserChanged, _ context: CallContext
  ) async throws -> EventApplied {
    EventApplied(changed: try await users.apply(request, context))
  }
}
