import Contracts
import Events
import Postgres
import Security
import TimeZones

/// What a finished work phase earns the people who were there: one session each, once.
struct PhaseCredit {
  let room: FocusRoom
  let phase: FinishedPhase
  let zones: ZoneDatabase
  /// Milliseconds since the epoch.
  let now: Int64

  private struct Earned {
    var session: FocusSession
    var date: CivilDate
    var forbidsOverlap: Bool
    var event: Event
  }

  /// Writes the sessions with their events, and that everybody who is there is told.
  func write(_ transaction: Transaction) async throws -> [Event] {
    let rows = try await transaction.run(Self.findVisitors, [.uuid(room.id)])
    let earned = try rows.compactMap(earned)
    var written: [Event] = []
    if !earned.isEmpty {
      let added = try await transaction.write(Self.addSessions, values(of: earned))
      let ids = Set(added.map { $0.uuid("id") })
      written = earned.filter { ids.contains($0.session.id) }.map(\.event)
    }
    let notices = try rows.filter { $0.bool("is_present") }.map { row in
      try Notice.timerDone(room, phase, to: row.uuid("user_id"))
    }
    if !notices.isEmpty {
      try await transaction.write(
        """
        INSERT INTO outbox (id, topic, payload)
        SELECT id, topic, payload FROM unnest($1::uuid[], $2::text[], $3::bytea[])
          AS notice (id, topic, payload)
        """,
        [
          .uuids(notices.map(\.id)), .strings(notices.map(\.topic)),
          .byteStrings(notices.map(\.payload)),
        ])
    }
    return written + notices
  }

  /// The session of one visitor; nil where they earned none.
  private func earned(_ row: Row) throws -> Earned? {
    let presence = Presence(
      stays: .init(bounds: row.ints("stays")),
      since: row.bool("is_present") ? row.milliseconds("joined_at") : nil)
    guard let clock = presence.earned(of: phase) else { return nil }
    let session = FocusSession(
      id: UUIDv7.makeText(), userID: row.uuid("user_id"), roomID: room.id, projectID: nil,
      kind: .work, source: .timer, note: nil, clock: clock,
      calendar: .init(zone: row.string("timezone"), dayStartHour: row.int("day_start_hour")),
      createdAt: now, version: 1)
    let zone = zones.zone(named: session.calendar.zone) ?? .utc
    let shares = session.calendar.shares(of: clock, in: zone)
    return Earned(
      session: session, date: session.calendar.date(of: clock, in: zone),
      forbidsOverlap: row.bool("forbid_overlap"),
      event: try Event(topic: FocusSessions.topic, session.event(shares: shares, .completion)))
  }

  private func values(of earned: [Earned]) -> [PostgresValue] {
    let sessions = earned.map(\.session)
    // PostgreSQL has no arrays of arrays of different lengths: one for all, and where each ends.
    let bounds = sessions.map { $0.clock.segments.flatMap { [Int($0.start), Int($0.end)] } }
    var lasts: [Int32] = []
    for own in bounds { lasts.append((lasts.last ?? 0) + Int32(own.count)) }
    return [
      .uuids(sessions.map(\.id)), .uuids(sessions.map(\.userID)),
      .timestamps(sessions.map(\.clock.start)),
      .timestamps(sessions.map { $0.clock.end ?? $0.clock.start }),
      .int32s([1] + lasts.dropLast().map { $0 + 1 }), .int32s(lasts),
      .strings(sessions.map(\.calendar.zone)),
      .int32s(sessions.map { Int32($0.calendar.dayStartHour) }),
      .int32s(earned.map { Int32($0.date.daysSinceEpoch) }),
      .int32s(earned.map { $0.forbidsOverlap ? 1 : 0 }), .uuids(earned.map(\.event.id)),
      .byteStrings(earned.map(\.event.payload)), .ints(bounds.flatMap(\.self)), .uuid(room.id),
      .int64(phase.number), .timestamp(now),
    ]
  }

  /// Locked in one order: the sessions of a user who forbids overlaps come one after the other, and
  /// an account that ends at the same time takes its new session along.
  private static let findVisitors = Query(
    """
    SELECT visitor.user_id, is_present, joined_at, stays, timezone, day_start_hour, forbid_overlap
    FROM room_participants AS visitor
    JOIN user_settings AS known ON known.user_id = visitor.user_id
    WHERE room_id = $1 AND NOT deleted
    ORDER BY visitor.user_id FOR NO KEY UPDATE OF known
    """)

  /// Who forbids overlaps gets no session that would overlap another one, or a time entry.
  private static let addSessions = Query(
    """
    WITH earned AS (
      SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::int4[], $6::int4[],
        $7::text[], $8::int4[], $9::int4[], $10::int4[], $11::uuid[], $12::bytea[])
      AS earned (
        id, user_id, start_time, end_time, first, last, timezone, day_start_hour, date,
        forbids_overlap, event_id, payload)
    ), added AS (
      INSERT INTO sessions (
        id, user_id, room_id, kind, source, status, start_time, end_time, segments, timezone,
        day_start_hour, local_date, version, created_at, room_phase)
      SELECT id, user_id, $14, 1, 1, 3, start_time, end_time, ($13::int8[])[first:last], timezone,
        day_start_hour, '1970-01-01'::date + date, 1, $16, $15
      FROM earned
      WHERE forbids_overlap = 0 OR NOT EXISTS (
        SELECT FROM sessions AS other
        WHERE other.user_id = earned.user_id AND other.start_time < earned.end_time
          AND other.end_time > earned.start_time AND other.status = 3
        UNION ALL
        SELECT FROM sessions AS active
        WHERE active.user_id = earned.user_id AND active.start_time < earned.end_time
          AND active.status <> 3
        UNION ALL
        SELECT FROM time_entries AS entry
        WHERE entry.user_id = earned.user_id AND entry.start_time < earned.end_time
          AND (entry.end_time > earned.start_time OR entry.end_time IS NULL))
      ON CONFLICT (room_id, room_phase, user_id) WHERE room_phase IS NOT NULL DO NOTHING
      RETURNING id
    ), told AS (
      INSERT INTO outbox (id, topic, payload)
      SELECT event_id, 'session.changed', payload FROM earned JOIN added USING (id)
    )
    SELECT id FROM added
    """)
}
