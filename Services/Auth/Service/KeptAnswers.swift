import Contracts
import EventLoop
import Postgres
import Security
import Wire

/// Lets one of the requests with the same Idempotency-Key run, and gives its answer to the others.
public final class KeptAnswers: RetriesService {
  private let store: KeptAnswerStore
  private let now: () -> Int64

  /// How long an answer is kept (contract: retries).
  private static let lifetimeMilliseconds: Int64 = 24 * 3600 * 1000
  /// Between two looks at a request that runs: first and longest.
  private static let pauses = (
    first: Duration.milliseconds(20), longest: Duration.milliseconds(250)
  )
  /// What has to be left of the call's time to answer that the request still runs.
  private static let marginNanoseconds: UInt64 = 500_000_000

  public init(pool: PostgresPool, now: @escaping () -> Int64 = { WallClock.milliseconds }) {
    store = KeptAnswerStore(pool)
    self.now = now
  }

  public func reserveAnswer(
    _ request: ReserveAnswerRequest, _ context: CallContext
  ) async throws -> ReserveAnswerReply {
    try Self.check(request.id, request.reservation)
    var pause = Self.pauses.first
    while true {
      let now = now()
      let claim = KeptAnswerStore.Claim(
        id: request.id, fingerprint: request.fingerprint, reservation: request.reservation,
        leasedUntil: now + min(max(request.leaseMs, 1), 60_000),
        expiresAt: now + Self.lifetimeMilliseconds, isRepeatable: request.repeatable)
      if try await store.reserve(claim, now: now, context) {
        return ReserveAnswerReply(state: .reserved)
      }
      // Gone again: the one that ran did nothing, and the key is free.
      guard let entry = try await store.entry(request.id, context) else { continue }
      guard constantTimeEquals(entry.fingerprint, request.fingerprint) else {
        return ReserveAnswerReply(state: .reused)
      }
      if let answer = entry.answer { return ReserveAnswerReply(state: .kept, answer: answer) }
      if entry.leasedUntil <= now { return ReserveAnswerReply(state: .unknown) }
      let left = context.deadlineNanoseconds
      guard left > EventLoop.shared.now &+ Self.marginNanoseconds else {
        return ReserveAnswerReply(state: .running)
      }
      await EventLoop.shared.pause(for: pause)
      pause = min(pause * 2, Self.pauses.longest)
    }
  }

  public func keepAnswer(
    _ request: KeepAnswerRequest, _ context: CallContext
  ) async throws -> KeptAnswerReply {
    try Self.check(request.id, request.reservation)
    return KeptAnswerReply(
      done: try await store.keep(
        request.answer, id: request.id, reservation: request.reservation, context))
  }

  public func releaseAnswer(
    _ request: ReleaseAnswerRequest, _ context: CallContext
  ) async throws -> KeptAnswerReply {
    try Self.check(request.id, request.reservation)
    let done =
      request.didNothing
      ? try await store.free(id: request.id, reservation: request.reservation, context)
      : try await store.endLease(
        id: request.id, reservation: request.reservation, now: now(), context)
    return KeptAnswerReply(done: done)
  }

  private static func check(_ id: [UInt8], _ reservation: String) throws(RPCError) {
    guard id.count == Digest.byteCount, Identifier.isValid(reservation) else {
      throw RPCError(.invalidArgument, "malformed", "This names no answer.")
    }
  }
}
