/// Which errors are told, so that a storm here is none at Sentry: the first of a kind at once, those
/// like it as a number, once a minute; and only so many in all. Pure.
nonisolated struct ErrorGroups {
  enum Decision: Equatable {
    case send
    /// It is part of a number that is told later.
    case counted
    /// There were too many different ones.
    case dropped
  }

  private struct Group {
    var event: SentryEvent
    var repeats = 0
    /// Monotonic nanoseconds.
    var since: UInt64
  }

  static let windowNanoseconds: UInt64 = 60_000_000_000
  static let groupsMax = 256
  /// Events of a minute, of whatever kinds.
  static let eventsMax = 60

  private var groups: [[String]: Group] = [:]
  private var windowStart: UInt64 = 0
  private var sent = 0

  var count: Int { groups.count }

  mutating func admit(_ event: SentryEvent, at now: UInt64) -> Decision {
    let kind = event.fingerprint
    if var group = groups[kind] {
      group.repeats += 1
      group.event = event
      groups[kind] = group
      return .counted
    }
    guard groups.count < Self.groupsMax, spend(at: now) else { return .dropped }
    groups[kind] = Group(event: event, since: now)
    return .send
  }

  /// The last one of each kind that came again, when its minute is over; a kind that did not is new
  /// the next time.
  ///
  /// - Parameter all: whether the minutes that are not over count too.
  mutating func due(at now: UInt64, all: Bool = false) -> [SentryEvent] {
    var events: [SentryEvent] = []
    for (kind, group) in groups where all || now &- group.since >= Self.windowNanoseconds {
      guard group.repeats > 0 else {
        groups[kind] = nil
        continue
      }
      var event = group.event
      event.repeats = group.repeats
      events.append(event)
      groups[kind] = Group(event: group.event, since: now)
    }
    return events
  }

  private mutating func spend(at now: UInt64) -> Bool {
    if now &- windowStart >= Self.windowNanoseconds {
      windowStart = now
      sent = 0
    }
    sent += 1
    return sent <= Self.eventsMax
  }
}
