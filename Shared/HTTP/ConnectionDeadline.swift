import EventLoop

/// The limits of `HTTPServerConfiguration`, as the clock counts.
struct ConnectionDeadlines {
  let idle: UInt64
  let head: UInt64
  let body: UInt64
  let linger: UInt64

  init(_ configuration: HTTPServerConfiguration) {
    idle = Self.nanoseconds(configuration.idleLimit)
    head = Self.nanoseconds(configuration.headDeadline)
    body = Self.nanoseconds(configuration.bodyDeadline)
    linger = Self.nanoseconds(configuration.lingerLimit)
  }

  private static func nanoseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    return UInt64(max(0, min(seconds, 1 << 32))) * 1_000_000_000
      + UInt64(max(0, attoseconds)) / 1_000_000_000
  }
}

/// The one thing that a connection is waiting for, and until when.
///
/// Requests come far oftener than deadlines pass, so moving a deadline back is two stores: the timer
/// stays where it is, and when it fires early it is set again.
final class ConnectionDeadline {
  enum Kind {
    /// The next request, or the peer's reading of an answer: each one moves it.
    case idle
    /// The whole head: absolute, from its first byte.
    case head
    /// The whole body: absolute, from the end of the head.
    case body
    /// The peer's end, after the last answer: absolute.
    case linger
  }

  var expired: () -> Void = {}
  private(set) var kind = Kind.idle
  private var due = UInt64.max
  private var timer: LoopTimer?
  private var timerDue = UInt64.max

  /// Waits for this, from now on. What is absolute and waited for already does not move.
  func set(_ kind: Kind, nanoseconds limit: UInt64) {
    if kind == self.kind, kind != .idle, due != .max { return }
    self.kind = kind
    due = EventLoop.shared.now &+ limit
    if due < timerDue { arm() }
  }

  /// Waits for nothing that has a deadline here: the handler has its own.
  func clear() {
    due = .max
    kind = .idle
  }

  func cancel() {
    timer?.cancel()
    timer = nil
    expired = {}
  }

  private func arm() {
    timer?.cancel()
    timerDue = due
    let now = EventLoop.shared.now
    let delay = due > now ? due - now : 0
    timer = EventLoop.shared.schedule(after: .nanoseconds(delay)) { [weak self] in self?.fire() }
  }

  private func fire() {
    timer = nil
    timerDue = .max
    if due == .max { return }
    if due > EventLoop.shared.now {
      arm()
    } else {
      due = .max
      expired()
    }
  }
}
