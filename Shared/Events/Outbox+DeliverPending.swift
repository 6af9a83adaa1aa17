import Contracts
import EventLoop
import Wire

extension Outbox: OutboxService {
  /// Offers the outbox to its consumers, beside the service's own methods.
  public var dispatcher: any Dispatcher { OutboxDispatcher(self) }

  /// Hands a consumer all that it has not taken, whichever replica wrote it and may be handing it
  /// over right now: rows are the truth, and a second delivery changes nothing.
  public func deliverPending(
    _ request: DeliverPendingRequest, _ context: CallContext
  ) async throws -> Empty {
    let deadline = Deadline(nanoseconds: context.deadlineNanoseconds)
    // Connected first: then whatever is committed from now on is handed over at once. Also to the
    // replica that asks: the others may go.
    peers[request.consumer]?.hurry()
    try await peers[request.consumer]?.check(deadline: deadline)
    let bit = bit(of: request.consumer)
    // What comes by its stream nobody reads back at once.
    let topics = topics.filter { $0.value.all.contains { $0.bit == bit && !$0.isStream } }.map(
      \.key)
    guard bit != 0, !topics.isEmpty, try await look() != nil else { return Empty() }
    var last: String?
    while true {
      let rows = try await store.pending(topics, for: request.consumer, after: last)
      for row in rows {
        guard let consumers = self.topics[row.event.topic] else { continue }
        let attempt = await handOver(
          row.event, to: bit, of: consumers, taken: consumers.bits(row.taken), waitsForAll: true,
          context)
        // One that the consumer cannot apply holds up nobody: the sweep counts its failures.
        guard attempt.away == 0 else {
          throw RPCError(.unavailable, "pending", "Not all events were taken.")
        }
      }
      await store.removeTaken()
      guard rows.count == OutboxStore.pageRows else { return Empty() }
      last = rows.last?.event.id
    }
  }

  /// Looks what there is; returns the age of the oldest row in seconds, nil where there is none.
  func look() async throws -> Double? {
    let glance = try await store.look()
    metrics.looks += 1
    // What was taken before a crash may be lost.
    if glance.isAnotherRun { forgetTakers() }
    return glance.oldestSeconds
  }

  /// A consumer could not apply an event.
  func fail(_ id: String, _ consumer: String, _ reason: String) async {
    let limit = OutboxStore.failuresMax
    guard await store.fail(id, consumer, reason: reason, limit: limit) else { return }
    metrics.dead(id, consumer, reason)
  }
}
