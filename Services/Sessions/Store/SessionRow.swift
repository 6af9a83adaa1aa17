import Postgres

extension FocusSession {
  /// Reads a row with all columns of `sessions`.
  init(_ row: Row) {
    let bounds = row.ints("segments")
    self.init(
      id: row.uuid("id"), userID: row.uuid("user_id"), roomID: row.optionalUUID("room_id"),
      projectID: row.optionalUUID("project_id"), kind: Kind(rawValue: row.int32("kind")) ?? .work,
      source: Source(rawValue: row.int32("source")) ?? .manual, note: row.optionalString("note"),
      clock: SessionClock(
        start: row.milliseconds("start_time"),
        segments: stride(from: 0, to: bounds.count, by: 2).map {
          Interval(start: Int64(bounds[$0]), end: Int64(bounds[$0 + 1]))
        },
        runningSince: row.optionalMilliseconds("running_since"),
        end: row.optionalMilliseconds("end_time")),
      calendar: Calendar(zone: row.string("timezone"), dayStartHour: row.int("day_start_hour")),
      createdAt: row.milliseconds("created_at"), version: row.int64("version"))
  }
}

extension SessionClock {
  /// The value of the column `segments`.
  var bounds: PostgresValue { .ints(segments.flatMap { [Int($0.start), Int($0.end)] }) }
}
