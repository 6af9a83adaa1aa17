import EventLoop
import Observability

/// Calls to somebody else's servers, on libcurl and our loop: bounded in number, in time and in
/// size. Redirects are not followed and certificates are checked.
public final class Courier {
  /// Which addresses may be called.
  public nonisolated enum Reach: Sendable {
    /// All: for URLs of the operator's.
    case anywhere
    /// Public ones only (`PublicAddress`): for URLs of users'.
    case publicOnly
  }

  private typealias Place = Result<Void, CourierError>

  private let reach: Reach
  private let transfersMax: Int
  private let queueMax: Int
  private let authorities: String?
  private let loop: CurlLoop
  private let metrics: CourierMetrics
  private var underWay = 0
  private var waiting = PendingQueue<UnsafeContinuation<Place, Never>?>()
  private var isClosed = false

  /// - Parameters:
  ///   - name: of the courier in the metrics.
  ///   - transfersMax: under way at once; up to `queueMax` more wait for a place.
  ///   - authorities: a PEM file of certificates to trust in place of the system's.
  public init(
    name: String, reach: Reach = .anywhere, transfersMax: Int = 16, queueMax: Int = 256,
    authorities: String? = nil
  ) {
    self.reach = reach
    self.transfersMax = transfersMax
    self.queueMax = queueMax
    self.authorities = authorities
    loop = CurlLoop(idleConnectionsMax: transfersMax)
    metrics = CourierMetrics(name)
  }

  deinit {
    let loop = loop
    MainActor.assumeIsolated { loop.close() }
  }

  /// Under way now.
  public var transfers: Int { loop.count }

  /// Ends all calls that are under way or wait.
  public func close() {
    isClosed = true
    while let waiter = waiting.popFirst() { waiter?.resume(returning: .failure(.closed)) }
    loop.close()
  }

  /// Sends a request and waits for the whole answer, of any status. A cancelled task closes the
  /// connection.
  public func send(_ request: OutgoingRequest) async throws(CourierError) -> OutgoingAnswer {
    let startedAt = EventLoop.shared.now
    do {
      try request.check()
      let deadline = Deadline.after(request.timeLimit)
      try await enter(deadline)
      defer { leave() }
      let transfer = try Transfer(
        request, reach: reach, timeLimit: deadline.remaining, authorities: authorities)
      let answer = try await run(transfer).get()
      metrics.ended("answered", nanoseconds: EventLoop.shared.now &- startedAt)
      return answer
    } catch {
      metrics.ended(error.kind.rawValue, nanoseconds: EventLoop.shared.now &- startedAt)
      throw error
    }
  }

  private func run(_ transfer: Transfer) async -> Transfer.Outcome {
    if Task.isCancelled { return .failure(.cancelled) }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        transfer.waiter = waiter
        loop.add(transfer)
      }
    } onCancel: {
      MainActor.assumeIsolated { loop.abandon(transfer) }
    }
  }

  // MARK: Places

  /// Takes a place, or waits for one in order.
  private func enter(_ deadline: Deadline) async throws(CourierError) {
    guard !isClosed else { throw .closed }
    guard underWay >= transfersMax else {
      underWay += 1
      return
    }
    guard waiting.count < queueMax else {
      throw CourierError(.overloaded, "too many calls wait already")
    }
    try await waitForPlace(deadline).get()
  }

  private func waitForPlace(_ deadline: Deadline) async -> Place {
    if Task.isCancelled { return .failure(.cancelled) }
    let number = waiting.append(nil)
    let expiry = EventLoop.shared.schedule(after: deadline.remaining) { [weak self] in
      self?.giveUp(number, .timedOut)
    }
    defer { expiry.cancel() }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiting[number] = $0 }
    } onCancel: {
      MainActor.assumeIsolated { giveUp(number, .cancelled) }
    }
  }

  private func giveUp(_ number: Int, _ error: CourierError) {
    guard let waiter = waiting[number] ?? nil else { return }
    waiting[number] = .some(nil)
    waiter.resume(returning: .failure(error))
  }

  /// Hands the place to who has waited longest.
  private func leave() {
    while let waiter = waiting.popFirst() {
      guard let waiter else { continue }
      return waiter.resume(returning: .success(()))
    }
    underWay -= 1
  }
}
