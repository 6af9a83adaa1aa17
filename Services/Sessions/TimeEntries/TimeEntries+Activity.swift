import Contracts
import TimeZones
import Wire

extension TimeEntries {
  private static let daysDefault: Int32 = 7
  /// Days begin at other times in other zones: what could still fall into the first one.
  private static let slackMilliseconds: Int64 = 50 * 3_600_000

  public func getActivity(
    _ request: GetActivityRequest, _ context: CallContext
  ) async throws -> Activity {
    let userID = try context.userID
    let calendar = try await users.current(of: userID, context).calendar
    let zone = zone(of: calendar)
    let today = zone.date(at: now(), dayStartHour: calendar.dayStartHour)
    var tally = ActivityTally(days: Int(request.days ?? Self.daysDefault), through: today)
    let first = zone.start(of: tally.first, dayStartHour: calendar.dayStartHour)
    try await activity.spent(by: userID, after: first - Self.slackMilliseconds) { spent in
      for time in spent {
        tally.add(
          time.calendar.shares(of: time.clock, in: self.zone(of: time.calendar)),
          on: time.projectID)
      }
    }
    let names = try await projects.names(of: tally.projects.compactMap(\.id), for: userID)
    let deeds = try await activity.deeds(of: userID)
    return Activity(
      totalSeconds: Int64(tally.totalSeconds),
      byProject: tally.projects.map { id, seconds in
        ProjectTime(projectID: id, name: id.flatMap { names[$0] }, seconds: Int64(seconds))
      },
      byDay: tally.secondsByDay.enumerated().map { index, seconds in
        DayTime(date: "\(tally.first + index)", seconds: Int64(seconds))
      },
      recent: deeds.map { $0.message(of: userID) })
  }
}

extension ActivityStore.Deed {
  func message(of userID: String) -> TimelineEntry {
    TimelineEntry(
      id: id, userID: userID, kind: kind.name, subjectID: id, text: text, createdAt: time)
  }

  private var text: String {
    let length = DurationText(seconds: Int(milliseconds / 1000))
    return switch kind {
    case .session: isBreak ? "Took a break of \(length)" : "Focused for \(length)"
    case .entry: "Booked \(length)"
    case .project: "Created the project \(name ?? "")"
    }
  }
}

extension ActivityStore.Deed.Kind {
  var name: String {
    switch self {
    case .session: "session_completed"
    case .entry: "time_logged"
    case .project: "project_created"
    }
  }
}
