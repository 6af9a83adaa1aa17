import TimeZones

/// Adds up time by project and by local day.
nonisolated struct ActivityTally: Sendable {
  let first: CivilDate
  let last: CivilDate
  private(set) var secondsByDay: [Int]
  /// Under nil: what was booked on no project.
  private(set) var secondsByProject: [String?: Int] = [:]

  /// - Parameter days: how many local days, the last one included.
  init(days: Int, through last: CivilDate) {
    first = last - (days - 1)
    self.last = last
    secondsByDay = [Int](repeating: 0, count: days)
  }

  var totalSeconds: Int { secondsByDay.reduce(0, +) }

  /// Takes what of a session or an entry fell into the days.
  mutating func add(_ shares: [LocalDayShare], on projectID: String?) {
    for share in shares where share.seconds > 0 && share.date >= first && share.date <= last {
      secondsByDay[share.date - first] += share.seconds
      secondsByProject[projectID, default: 0] += share.seconds
    }
  }

  /// The most first; of equals, the lower id.
  var projects: [(id: String?, seconds: Int)] {
    secondsByProject.map { (id: $0.key, seconds: $0.value) }.sorted {
      ($1.seconds, $0.id ?? "") < ($0.seconds, $1.id ?? "")
    }
  }
}
