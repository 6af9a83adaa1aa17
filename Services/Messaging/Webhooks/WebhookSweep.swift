import Courier
import EventLoop
import Observability
import Postgres
import Security
import Wire

/// Sends what is due to webhooks, and notes what came of it. Any number of processes may sweep.
///
/// A delivery is sent at least once: where a process dies between the receiver's answer and the note
/// of it, it is sent again, with the same id.
public final class WebhookSweep {
  private let deliveries: DeliveryStore
  private let courier: Courier
  private let rule: RetryRule
  /// Deliveries that this process is sending.
  private var sendingCount = 0
  private var timer: LoopTimer?
  private var isRunning = false
  private var isClaiming = false
  private var isWoken = false
  private let outcomes = Metrics.shared.counters(
    "webhook_attempts_total", "Attempts to deliver to webhooks, by outcome.", labels: "outcome")

  /// Deliveries under way at once.
  public static let transfersMax = 64
  private static let interval = Duration.seconds(1)
  /// Notifications that come one after the other are looked for together.
  private static let gathering = Duration.milliseconds(50)
  private static let timeLimit = Duration.seconds(10)
  /// What a receiver says is of no interest.
  private static let answerBytesMax = 4 << 10

  /// - Parameters:
  ///   - seal: by `WEBHOOK_KEY`.
  ///   - courier: reaches public addresses only, unless the operator wants it otherwise.
  ///   - firstDelay: seconds before the second attempt.
  public init(
    _ database: PostgresPool, seal: SecretSeal, courier: Courier, firstDelay: Double = 5
  ) {
    deliveries = DeliveryStore(database: database, seal: WebhookSeal(seal))
    self.courier = courier
    rule = RetryRule(firstDelay: firstDelay)
  }

  public func start() {
    isRunning = true
    schedule(after: Self.interval)
  }

  /// What is under way is sent again by whoever sweeps next. Returns when it is given back.
  public func stop(by deadline: Deadline) async {
    isRunning = false
    timer?.cancel()
    courier.close()
    while isClaiming || sendingCount > 0, !deadline.hasPassed {
      await EventLoop.shared.pause(for: .milliseconds(5))
    }
  }

  /// There may be something to send.
  public func wake() {
    guard isRunning, !isWoken else { return }
    isWoken = true
    schedule(after: Self.gathering)
  }

  private func schedule(after delay: Duration) {
    timer?.cancel()
    timer = EventLoop.shared.schedule(after: delay) { [weak self] in
      Task { await self?.sweep() }
    }
  }

  /// Sends what is due, as far as there is room.
  func sweep() async {
    guard isRunning, !isClaiming else { return }
    isClaiming = true
    isWoken = false
    defer { isClaiming = false }
    let room = Self.transfersMax - sendingCount
    do {
      let due = room > 0 ? try await deliveries.claim(atMost: room) : []
      for delivery in due {
        sendingCount += 1
        Task {
          await send(delivery)
          sendingCount -= 1
          // The same webhook may have more, and there is room again.
          if isRunning { schedule(after: .zero) }
        }
      }
    } catch {
      Log.shared.debug("webhooks not swept", ["error": .error(error)])
    }
    if isRunning { schedule(after: isWoken ? Self.gathering : Self.interval) }
  }

  private func send(_ delivery: DueDelivery) async {
    guard let secret = delivery.secret else {
      // The key may come back before the last attempt.
      Log.shared.error("webhook's secret not opened", ["delivery": .string(delivery.id)])
      return await settle(delivery, nil, "internal")
    }
    let body = DeliveryBody.bytes(of: delivery)
    let seconds = WallClock.milliseconds / 1000
    let request = OutgoingRequest(
      .post, delivery.url,
      headers: [
        ("Content-Type", "application/json"),
        ("Focal-Event", delivery.event.name),
        ("Focal-Delivery", delivery.id),
        (
          WebhookSignature.header,
          WebhookSignature.text(of: body, secret: secret, atSeconds: seconds)
        ),
      ],
      body: body, timeLimit: Self.timeLimit, bodyBytesMax: Self.answerBytesMax, cutsBody: true)
    var status: Int?
    var failure: String?
    do {
      status = try await courier.send(request).status
    } catch {
      // A process that stops is not the receiver's fault.
      guard error.kind != .closed, error.kind != .cancelled else { return await release(delivery) }
      failure = error.kind.rawValue
    }
    await settle(delivery, status, failure)
  }

  private func release(_ delivery: DueDelivery) async {
    do {
      try await deliveries.release(delivery)
    } catch {
      // Then its lease brings it back.
      Log.shared.debug(
        "delivery not given back", ["delivery": .string(delivery.id), "error": .error(error)])
    }
  }

  private func settle(_ delivery: DueDelivery, _ status: Int?, _ failure: String?) async {
    let isDelivered = status.map(RetryRule.isSuccess) ?? false
    let delay =
      isDelivered ? nil : rule.delay(afterAttempt: delivery.attempts, status: status)
    outcomes.with(isDelivered ? "delivered" : delay == nil ? "given_up" : "failed").increment()
    do {
      try await deliveries.settle(
        delivery, status: status, error: failure, delivered: isDelivered, delay: delay)
    } catch {
      Log.shared.warning(
        "delivery not noted", ["delivery": .string(delivery.id), "error": .error(error)])
    }
  }
}
