import Postgres

extension FocusRoom {
  /// Reads a row with all columns of `rooms`.
  init(_ row: Row) {
    self.init(
      id: row.uuid("id"), name: row.string("name"), hostID: row.uuid("host_id"),
      plan: RoomPlan(
        workMilliseconds: row.int64("work_ms"), breakMilliseconds: row.int64("break_ms"),
        longBreakMilliseconds: row.int64("long_break_ms"),
        longBreakEvery: row.int("long_break_every"), startsBreaks: row.bool("starts_breaks")),
      inviteCode: row.optionalString("invite_code"), isActive: row.bool("is_active"),
      participantCount: row.int("participant_count"), timer: RoomTimer(row),
      createdAt: row.milliseconds("created_at"), updatedAt: row.milliseconds("updated_at"),
      version: row.int64("version"), liveSeq: row.int64("live_seq"))
  }

  /// The parameters of an insertion or a change: 27.
  func values(now: Int64) -> [PostgresValue] {
    let clock = timer.clock
    return [
      .uuid(id), .string(name), .uuid(hostID), .int64(plan.workMilliseconds),
      .int64(plan.breakMilliseconds), .int64(plan.longBreakMilliseconds),
      .int32(Int32(plan.longBreakEvery)), .bool(plan.startsBreaks),
      .int32(inviteCode == nil ? 1 : 2), .string(inviteCode), .bool(isActive),
      .int32(Int32(participantCount)), .timestamp(createdAt), .timestamp(updatedAt),
      .int64(version), .int32(timer.phase.rawValue), .int32(Int32(timer.cycle)),
      .int64(timer.number), .int64(timer.version), .timestamp(clock?.start),
      .timestamp(clock?.end), .timestamp(clock?.runningSince), .int64(timer.lengthMilliseconds),
      clock?.bounds ?? .ints([]), .timestamp(timer.deadline), .timestamp(expiry(now: now)),
      .int64(liveSeq),
    ]
  }
}

extension RoomTimer {
  fileprivate init(_ row: Row) {
    let clock = row.optionalMilliseconds("phase_start").map { start in
      SessionClock(
        start: start, segments: .init(bounds: row.ints("segments")),
        runningSince: row.optionalMilliseconds("running_since"),
        end: row.optionalMilliseconds("phase_end"))
    }
    self.init(
      phase: Phase(rawValue: row.int32("phase")) ?? .work, cycle: row.int("cycle"),
      number: row.int64("phase_number"), version: row.int64("timer_version"), clock: clock,
      lengthMilliseconds: row.int64("phase_ms"))
  }
}

extension [Interval] {
  /// Reads start, end, start, end …, in milliseconds.
  init(bounds: [Int]) {
    self = stride(from: 0, to: bounds.count - 1, by: 2).map {
      Interval(start: Int64(bounds[$0]), end: Int64(bounds[$0 + 1]))
    }
  }

  var bounds: PostgresValue { .ints(flatMap { [Int($0.start), Int($0.end)] }) }
}
