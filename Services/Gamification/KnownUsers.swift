import Contracts
import EventLoop
import TimeZones
import Wire

/// Summaries of users: those that the events have not told yet come from auth.
public final class KnownUsers {
  private let store: SummaryStore
  private let auth: any AuthService
  private let zones: ZoneDatabase
  /// Milliseconds since the epoch.
  private let now: () -> Int64

  private static let attemptsMax = 8

  public init(
    store: SummaryStore, auth: any AuthService, zones: ZoneDatabase = .shared,
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    self.store = store
    self.auth = auth
    self.zones = zones
    self.now = now
  }

  /// The user's summary, and how the user counts days.
  ///
  /// - Throws: `RPCError` `notFound` where the account is gone.
  func summary(
    of userID: String, _ context: CallContext
  ) async throws -> (summary: Summary, calendar: UserCalendar) {
    if let summary = try await known(userID), summary.isNamed,
      let calendar = summary.calendar
    {
      return (summary, calendar)
    }
    _ = try await account(userID, context)
    guard let summary = try await store.summary(of: userID), !summary.isDeleted,
      let calendar = summary.calendar
    else { throw RPCError(.notFound, "no_account", "There is no such account.") }
    return (summary, calendar)
  }

  /// The account as auth has it, which is remembered.
  ///
  /// - Throws: `RPCError` `notFound` where the account is gone.
  func account(_ userID: String, _ context: CallContext) async throws -> UserChanged {
    let user = try await auth.getSettings(GetSettingsRequest(userID: userID), context)
    _ = try await apply(user)
    return user
  }

  /// What is known of a user without asking anybody.
  func known(_ userID: String) async throws -> Summary? { try await store.summary(of: userID) }

  /// Takes a user's settings, where they are newer than the known ones.
  func apply(_ user: UserChanged) async throws -> Counted {
    if user.deleted {
      try await store.erase(user.userID)
      return Counted(isNew: true)
    }
    let calendar = UserCalendar(
      zone: user.timezone, dayStartHour: Int(user.dayStartHour),
      weekStart: user.weekStart == .sunday ? .sunday : .monday)
    for _ in 0..<Self.attemptsMax {
      let known = try await store.summary(of: user.userID)
      if let known, known.isDeleted || known.settingsVersion >= user.version {
        return Counted(isNew: false)
      }
      let excused = try await excusedDays(of: user.userID, from: known?.calendar, to: calendar)
      let taken = try await store.save(
        user, calendar, known: known?.settingsVersion ?? 0, excused: excused)
      if taken.isNew { return taken }
    }
    throw RPCError(.aborted, "changed", "The settings were changed at the same time.")
  }

  private func excusedDays(
    of userID: String, from old: UserCalendar?, to new: UserCalendar
  ) async throws -> [CivilDate] {
    guard let old else { return [] }
    let before = today(old)
    let after = today(new)
    guard after > before else { return [] }
    return ZoneChange.excusedDays(
      before: before, after: after, excused: try await store.excusedDays(of: userID))
  }

  /// The local day that it is for a user.
  func today(_ calendar: UserCalendar) -> CivilDate {
    let zone = zones.zone(named: calendar.zone) ?? .utc
    return zone.date(at: now(), dayStartHour: calendar.dayStartHour)
  }
}
