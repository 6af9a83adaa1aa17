import Contracts
import TimeZones
import Wire

extension Progress {
  private static let distributionDays: Int32 = 30
  private static let projectsMax = 100
  private static let timelineLimit: Int32 = 20

  public func getHeatmap(
    _ request: GetHeatmapRequest, _ context: CallContext
  ) async throws -> Heatmap {
    let userID = try context.userID
    let (_, calendar) = try await users.summary(of: userID, context)
    let year = request.year.map(Int.init) ?? users.today(calendar).components.year
    let first = CivilDate(year: year, month: 1, day: 1)
    let last = CivilDate(year: year, month: 12, day: 31)
    let range = DayRange(
      from: first, through: last, try await days.days(of: userID, from: first, through: last))
    return Heatmap(
      year: UInt32(year), timezone: calendar.zone,
      days: range.days.map {
        HeatmapDay(
          date: "\($0.date)", seconds: UInt32(clamping: $0.workSeconds),
          sessions: UInt32(clamping: $0.workSessions))
      },
      maxSeconds: UInt32(clamping: range.days.map(\.workSeconds).max() ?? 0))
  }

  public func getDistribution(
    _ request: GetDistributionRequest, _ context: CallContext
  ) async throws -> Distribution {
    let userID = try context.userID
    let (_, calendar) = try await users.summary(of: userID, context)
    let last = users.today(calendar)
    let first = last - Int((request.days ?? Self.distributionDays) - 1)
    let range = DayRange(
      from: first, through: last, try await days.days(of: userID, from: first, through: last))
    let projects = try await days.projects(
      of: userID, from: first, through: last, limit: Self.projectsMax)
    return Distribution(range, projects, zone: calendar.zone)
  }

  public func getTimeline(
    _ request: GetTimelineRequest, _ context: CallContext
  ) async throws -> Timeline {
    let caller = try context.userID
    let userID = request.userID?.lowercased() ?? caller
    // Of an account that is not there, 404.
    try await requireAccount(userID, context)
    let cursor = try PageCursor.read(request.cursor)
    let limit = Int(request.limit ?? Self.timelineLimit)
    let events = try await timelines.page(
      of: userID, isOwn: userID == caller, after: cursor, limit: limit + 1)
    let page = events.prefix(limit)
    let next = events.count > limit ? page.last : nil
    return Timeline(
      items: page.map { TimelineEntry($0, of: userID) },
      nextCursor: next.map { PageCursor(key: $0.at, id: $0.subjectID).text })
  }
}

extension Distribution {
  init(_ range: DayRange, _ projects: [DayStore.ProjectSum], zone: String) {
    func share(_ seconds: Int, of sum: Int) -> Double {
      sum == 0 ? 0 : Double(seconds) / Double(sum)
    }
    let work = range.workSeconds
    let rest = range.breakSeconds
    let byHour = (0..<24).map { hour in range.days.reduce(0) { $0 + $1.workByHour[hour] } }
    let hours = byHour.reduce(0, +)
    let booked = projects.reduce(0) { $0 + $1.seconds }
    self.init(
      days: UInt32(range.days.count), timezone: zone, totalSeconds: UInt32(clamping: work),
      byProject: projects.map {
        ProjectShare(
          projectID: $0.projectID, name: $0.name, seconds: UInt32(clamping: $0.seconds),
          share: share($0.seconds, of: booked))
      },
      byType: [
        TypeShare(
          type: .work, seconds: UInt32(clamping: work), share: share(work, of: work + rest)),
        TypeShare(
          type: .break, seconds: UInt32(clamping: rest), share: share(rest, of: work + rest)),
      ],
      byHour: byHour.enumerated().map { hour, seconds in
        HourShare(
          hour: UInt32(hour), seconds: UInt32(clamping: seconds), share: share(seconds, of: hours))
      })
  }
}
