import Courier
import EventLoop
import Observability

/// Posts one parcel after another to a receiver that may be slow, away or unwilling: with a time limit,
/// a few tries, and pauses as the receiver wishes. Nobody ever waits for it but the end of the process.
final class Delivery {
  struct Parcel {
    var request: OutgoingRequest
    /// The events or spans in it.
    var count: Int
  }

  static let triesMax = 4
  static let timeLimit = Duration.seconds(5)
  private static let pauseMin = Duration.seconds(1)
  private static let pauseMax = Duration.seconds(30)

  private let kind: String
  private let courier: Courier
  private let next: () -> Parcel?
  private let sent: Counter
  private let dropped: Counter
  private var parcel: Parcel?
  private var tries = 0
  private var running: Task<Void, Never>?
  private var pause: LoopTimer?
  private var isEnding = false
  /// Whether the log has been told that it does not work: once, not for every parcel.
  private var isFailing = false

  /// - Parameters:
  ///   - kind: in the metrics and the log.
  ///   - next: takes what is to go next; nil: nothing.
  init(_ kind: String, authorities: String? = nil, next: @escaping () -> Parcel?) {
    self.kind = kind
    self.next = next
    courier = Courier(
      name: "telemetry_\(kind)", transfersMax: 1, queueMax: 1, authorities: authorities)
    sent = Metrics.shared.counters(
      "telemetry_sent_total", "Errors and spans that were taken.", labels: "kind"
    ).with(kind)
    dropped = Metrics.shared.counters(
      "telemetry_dropped_total", "Errors and spans that were lost.", labels: "kind"
    ).with(kind)
  }

  deinit {}

  /// There is something to send.
  func wake() {
    guard running == nil, pause == nil, !isEnding else { return }
    running = Task {
      await run()
      running = nil
    }
  }

  /// Events or spans that were lost so far, of this kind.
  var lost: Int { Int(dropped.value) }

  /// Counts what found no place.
  func drop(_ count: Int) { dropped.add(count) }

  /// Sends what is left, as far as it goes until then; what does not is lost.
  func end(by deadline: Deadline) async {
    isEnding = true
    // A receiver that wants nothing now gets nothing.
    if pause == nil {
      let limit = EventLoop.shared.schedule(after: deadline.remaining) { [courier] in
        courier.close()
      }
      await running?.value
      if pause == nil, !deadline.hasPassed { await run() }
      limit.cancel()
    }
    pause?.cancel()
    courier.close()
    if let parcel { drop(parcel.count) }
    parcel = nil
    while let parcel = next() { drop(parcel.count) }
  }

  private func run() async {
    while pause == nil {
      if parcel == nil { parcel = next() }
      guard let current = parcel else { return }
      tries += 1
      let result = await send(current.request)
      switch Verdict(result) {
      case .taken(let wish):
        sent.add(current.count)
        finish()
        isFailing = false
        if let wish { wait(wish) }
      case .again(let wish):
        note(result)
        if tries >= Self.triesMax {
          drop(current.count)
          finish()
        }
        wait(wish ?? Self.backoff(tries))
      case .refused:
        note(result)
        drop(current.count)
        finish()
      }
    }
  }

  private func finish() {
    parcel = nil
    tries = 0
  }

  private func send(_ request: OutgoingRequest) async -> Result<OutgoingAnswer, CourierError> {
    do {
      return .success(try await courier.send(request))
    } catch {
      return .failure(error)
    }
  }

  static func backoff(_ tries: Int) -> Duration {
    let pause = min(pauseMin * (1 << min(tries, 5)) / 2, pauseMax)
    // All processes lose a receiver at the same moment.
    return pause * Double.random(in: 0.75...1.25)
  }

  private func wait(_ duration: Duration) {
    pause = EventLoop.shared.schedule(after: duration) { [weak self] in
      self?.pause = nil
      self?.wake()
    }
  }

  /// A warning: an error would be sent by the very way that does not work.
  private func note(_ result: Result<OutgoingAnswer, CourierError>) {
    guard !isFailing else { return }
    isFailing = true
    switch result {
    case .success(let answer):
      Log.shared.warning(
        "telemetry not taken", ["kind": .string(kind), "status": .int(answer.status)])
    case .failure(let error):
      Log.shared.warning("telemetry not sent", ["kind": .string(kind), "error": .error(error)])
    }
  }
}
