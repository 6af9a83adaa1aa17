import Contracts
import EventLoop
import Events
import Security
import TimeZones
import Wire

/// Time that is booked by its start and its end, and what it adds up to.
public final class TimeEntries {
  /// The topic of `TimeEntryChanged`.
  public static let topic = "entry.changed"

  private let store: EntryStore
  let activity: ActivityStore
  let projects: ProjectStore
  let users: KnownUsers
  private let zones: ZoneDatabase
  private let deliver: FocusSessions.Delivery
  /// Milliseconds since the epoch.
  let now: () -> Int64

  /// How often a change is tried again that another one has forestalled.
  private static let attemptsMax = 8

  public init(
    store: EntryStore, activity: ActivityStore, projects: ProjectStore, users: KnownUsers,
    zones: ZoneDatabase = .shared, now: @escaping () -> Int64 = { WallClock.milliseconds },
    deliver: @escaping FocusSessions.Delivery
  ) {
    self.store = store
    self.activity = activity
    self.projects = projects
    self.users = users
    self.zones = zones
    self.now = now
    self.deliver = deliver
  }

  // MARK: - Helpers

  func zone(of calendar: FocusSession.Calendar) -> Zone {
    zones.zone(named: calendar.zone) ?? .utc
  }

  /// What others learn of an entry; nil while it runs.
  private func event(_ entry: BookedTime, isDeleted: Bool = false) throws -> Event? {
    try entry.event(isDeleted: isDeleted).map { try Event(topic: Self.topic, $0) }
  }

  /// Adds an entry that `make` builds with the user's settings.
  private func add(
    on projectID: String?, _ context: CallContext, _ make: (UserSettings) -> BookedTime
  ) async throws -> TimeEntry {
    let userID = try context.userID
    var bookable: String?
    if let projectID { bookable = try await projects.bookable(projectID, by: userID) }
    for _ in 0..<Self.attemptsMax {
      let settings = try await users.settings(of: userID, context)
      var entry = make(settings)
      entry.projectID = bookable
      let event = try event(entry)
      switch try await store.insert(entry, settings, event) {
      case .done:
        if let event { await deliver(event, context) }
        return entry.message(now: now())
      case .changedMeanwhile: users.forget(userID)
      case .overlaps: throw EntryRefusal.overlaps
      case .alreadyRunning: throw EntryRefusal.alreadyRunning
      }
    }
    throw Refusal.changedMeanwhile
  }

  /// False where the entry has changed meanwhile.
  private func write(
    _ entry: BookedTime, apart: Bool, _ context: CallContext
  ) async throws -> Bool {
    let event = try event(entry)
    switch try await store.update(entry, apart: apart, event) {
    case .done:
      if let event { await deliver(event, context) }
      return true
    case .changedMeanwhile: return false
    case .overlaps: throw EntryRefusal.overlaps
    case .alreadyRunning: throw EntryRefusal.alreadyRunning
    }
  }
}

extension TimeEntries: TimeEntriesService {
  public func createTimeEntry(
    _ request: CreateTimeEntryRequest, _ context: CallContext
  ) async throws -> TimeEntry {
    let userID = try context.userID
    let now = now()
    let (start, end) = try Refusal.naming {
      let start = try EntryRules.start(request.startTime ?? now, now: now)
      return (start, try request.endTime.map { try EntryRules.end($0, start: start, now: now) })
    }
    return try await add(on: request.projectID, context) { settings in
      BookedTime(
        id: UUIDv7.makeText(), userID: userID, description: request.description, start: start,
        end: end, source: end == nil ? .timer : .manual, calendar: settings.calendar,
        createdAt: now, version: 1)
    }
  }

  public func startTimeEntry(
    _ request: StartTimeEntryRequest, _ context: CallContext
  ) async throws -> TimeEntry {
    let userID = try context.userID
    return try await add(on: request.projectID, context) { settings in
      let now = now()
      return BookedTime(
        id: UUIDv7.makeText(), userID: userID, description: request.description, start: now,
        source: .timer, calendar: settings.calendar, createdAt: now, version: 1)
    }
  }

  public func stopTimeEntry(
    _ request: StopTimeEntryRequest, _ context: CallContext
  ) async throws -> TimeEntry {
    let userID = try context.userID
    for _ in 0..<Self.attemptsMax {
      guard var entry = try await store.running(of: userID) else { throw EntryRefusal.notRunning }
      entry.stop(at: now())
      // What met nothing while it ran without an end, meets nothing with one.
      if try await write(entry, apart: false, context) { return entry.message(now: now()) }
    }
    throw Refusal.changedMeanwhile
  }

  public func listTimeEntries(
    _ request: ListTimeEntriesRequest, _ context: CallContext
  ) async throws -> TimeEntryList {
    let userID = try context.userID
    let page = try PageRequest(limit: request.limit, cursor: request.cursor)
    let calendar =
      request.from == nil && request.to == nil
      ? FocusSession.Calendar(zone: "UTC", dayStartHour: 0)
      : try await users.current(of: userID, context).calendar
    let filter = try Refusal.naming {
      try EntryFilter(
        from: request.from, to: request.to, projectID: request.projectID, calendar: calendar,
        zone: zone(of: calendar))
    }
    let now = now()
    let (items, next) = page.cut(try await store.page(of: userID, filter, page)) {
      PageCursor(key: $0.start, id: $0.id)
    }
    return TimeEntryList(items: items.map { $0.message(now: now) }, nextCursor: next)
  }

  public func getTimeEntry(
    _ request: GetTimeEntryRequest, _ context: CallContext
  ) async throws -> TimeEntry {
    guard let entry = try await store.entry(request.id, of: context.userID) else {
      throw EntryRefusal.notFound
    }
    return entry.message(now: now())
  }

  public func updateTimeEntry(
    _ request: UpdateTimeEntryRequest, _ context: CallContext
  ) async throws -> TimeEntry {
    let userID = try context.userID
    for _ in 0..<Self.attemptsMax {
      guard let before = try await store.entry(request.id, of: userID) else {
        throw EntryRefusal.notFound
      }
      let edit = EntryEdit(
        start: request.startTime, end: request.endTime, description: request.description,
        projectID: try await project(request.projectID, of: before))
      let entry = try Refusal.naming { try edit.applied(to: before, now: now()) }
      if entry.isSame(as: before) { return before.message(now: now()) }
      var apart = false
      if edit.movesTime { apart = try await users.current(of: userID, context).forbidsOverlap }
      if try await write(entry, apart: apart, context) { return entry.message(now: now()) }
    }
    throw Refusal.changedMeanwhile
  }

  /// The project on which an entry is to be booked: checked where it is another one than before.
  private func project(_ id: String?, of entry: BookedTime) async throws -> String? {
    guard let id, !id.isEmpty, id.lowercased() != entry.projectID else { return id?.lowercased() }
    guard UUIDv7(id) != nil else { throw EntryRefusal.badProject }
    return try await projects.bookable(id, by: entry.userID)
  }

  public func deleteTimeEntry(
    _ request: DeleteTimeEntryRequest, _ context: CallContext
  ) async throws -> Empty {
    let userID = try context.userID
    for _ in 0..<Self.attemptsMax {
      guard let entry = try await store.entry(request.id, of: userID) else {
        throw EntryRefusal.notFound
      }
      var gone = entry
      gone.version += 1
      let event = try event(gone, isDeleted: true)
      guard try await store.delete(entry, event) else { continue }
      if let event { await deliver(event, context) }
      return Empty()
    }
    throw Refusal.changedMeanwhile
  }
}
