import Contracts
import EventLoop
import Observability
import Postgres
import RPC
import Wire

/// Lets reads of a consumer know all that was acknowledged.
///
/// It may be behind after it was away, since events could not be handed over, and after its
/// PostgreSQL has crashed, which may have taken the last effects with it: those commit
/// asynchronously. After either it asks its senders to deliver what is pending, and is up to date
/// when all have.
public final class CatchUp {
  private let consumer: String
  private let senders: [RPCClient]
  private var isBehind = true
  /// Counts what has thrown the service back: one that came meanwhile makes another round.
  private var setbacks = 0
  private var isCatchingUp = false
  private let waiting = WaitQueue()

  /// How long a read waits.
  private static let patience = Duration.seconds(1)
  private static let attemptLimit = Duration.seconds(5)
  private static let replicaLimit = Duration.seconds(1)
  /// A sender that is away for longer acknowledges nothing either: what it has pending comes when it
  /// is back, and the others' readers wait no more.
  private static let senderLimit = Duration.seconds(10)
  private static let pause = Duration.milliseconds(50)
  private static let waitersMax = 10_000

  /// - Parameter consumer: the name of this service, as its senders know it.
  public init(consumer: String, database: PostgresPool, senders: [RPCClient]) {
    self.consumer = consumer
    self.senders = senders
    // Both: while the old server dies, a sender may still commit there what cannot be handed over
    // any more. That is pending when the new one takes connections.
    database.onLost = { [weak self] in self?.fallBehind() }
    database.onReady = { [weak self] in self?.fallBehind() }
  }

  /// What is read once the service is up to date: nearly always at once.
  ///
  /// A read that met a setback is made again, whatever came of it: it may have waited for a PostgreSQL
  /// that has lost some of what was acknowledged.
  ///
  /// - Throws: what `read` throws; `RPCError` `unavailable` where catching up takes too long.
  public func upToDate<Answer>(
    _ context: CallContext, _ read: () async throws -> Answer
  ) async throws -> Answer {
    while true {
      try await wait(context)
      let before = setbacks
      do {
        let answer = try await read()
        if setbacks == before { return answer }
      } catch {
        if setbacks == before { throw error }
      }
    }
  }

  /// Returns when the service is up to date.
  func wait(_ context: CallContext) async throws(RPCError) {
    guard isBehind else { return }
    let left = Deadline(nanoseconds: context.deadlineNanoseconds).remaining
    guard waiting.count < Self.waitersMax, await waiting.wait(atMost: min(left, Self.patience))
    else {
      throw RPCError(.unavailable, "catching_up", "The service is catching up; try again soon.")
    }
  }

  private func fallBehind() {
    isBehind = true
    setbacks += 1
    guard !isCatchingUp else { return }
    isCatchingUp = true
    Task { await catchUp() }
  }

  private func catchUp() async {
    var known: Int
    repeat {
      known = setbacks
      for sender in senders { await catchUp(with: sender) }
    } while known != setbacks
    isCatchingUp = false
    isBehind = false
    waiting.releaseAll()
  }

  private func catchUp(with sender: RPCClient) async {
    let end = Deadline.after(Self.senderLimit)
    while !end.hasPassed {
      do {
        try await ask(sender, atMost: Self.attemptLimit)
        try await askReplicas(of: sender)
        return
      } catch {
        Log.shared.debug(
          "not caught up", ["sender": .string(sender.service), "error": .error(error)])
      }
      await EventLoop.shared.pause(for: Self.pause)
    }
    Log.shared.warning("a sender is away: serving without it", ["sender": .string(sender.service)])
  }

  /// Each replica of a sender must be connected before its events can be relied on to come; one has
  /// delivered what there was. One that is stuck acknowledges nothing either.
  private func askReplicas(of sender: RPCClient) async throws {
    let replicas = sender.replicas
    guard replicas.count > 1 else { return }
    let calls = replicas.map { replica in
      Task { try await ask(replica, atMost: Self.replicaLimit) }
    }
    for call in calls {
      do {
        try await call.value
      } catch let error as RPCError where error.code == .deadlineExceeded {
        continue
      }
    }
  }

  private func ask(_ transport: any Transport, atMost limit: Duration) async throws {
    _ = try await OutboxClient(transport).deliverPending(
      DeliverPendingRequest(consumer: consumer),
      CallContext(deadlineNanoseconds: Deadline.after(limit).nanoseconds))
  }
}
