import Contracts

extension BookedTime {
  /// The entry as its owner sees it at `now`.
  func message(now: Int64) -> TimeEntry {
    TimeEntry(
      id: id, userID: userID, projectID: projectID, description: description, startTime: start,
      endTime: end, durationSeconds: UInt32(milliseconds(now: now) / 1000),
      isRunning: isRunning, source: SessionSource(number: source.rawValue),
      createdAt: createdAt, version: version)
  }

  /// What others learn of the entry; nil while it runs: that is nobody's business.
  func event(isDeleted: Bool) -> TimeEntryChanged? {
    end.map { end in
      TimeEntryChanged(
        entryID: id, userID: userID, projectID: projectID, startMs: start, endMs: end,
        deleted: isDeleted, version: version)
    }
  }
}
