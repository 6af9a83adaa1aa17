import Contracts
import EventLoop
import HTTP
import Observability
import Security
import Wire

/// Answers a request with an Idempotency-Key once, and repeats that answer for 24 hours
/// (deploy/docs/decisions/0006). Auth remembers; without a key nobody is asked.
final class AnswerMemory {
  /// A request's answer, and the error that it tells of.
  typealias Outcome = (response: HTTPResponse, error: RPCError?)

  private let retries: RetriesClient
  private let replayed: Counter

  /// What a request may take on top of its call until its answer is kept.
  private static let graceMilliseconds: Int64 = 2_000
  /// Room is left for the seal.
  private static let answerBytesMax = (256 << 10) - 28

  init(_ retries: RetriesClient) {
    self.retries = retries
    replayed = Metrics.shared.counter(
      "idempotency_replayed_total", "Answers repeated for an Idempotency-Key.")
  }

  /// - Parameters:
  ///   - isRepeatable: running it twice does no harm.
  ///   - run: makes the call; it goes on when the client has gone.
  func answer(
    _ key: RequestKey, isRepeatable: Bool, _ context: CallContext,
    _ run: @escaping () async -> Outcome
  ) async throws -> HTTPResponse {
    let reservation = UUIDv7.makeText()
    let left = Deadline(nanoseconds: context.deadlineNanoseconds).remaining
    let reply = try await retries.reserveAnswer(
      ReserveAnswerRequest(
        id: key.id, fingerprint: key.fingerprint, reservation: reservation,
        leaseMs: left.components.seconds * 1000 + 1000 + Self.graceMilliseconds,
        repeatable: isRepeatable),
      Self.anonymous(context))
    switch reply.state {
    case .reserved: break
    case .kept:
      guard let response = open(reply.answer, key) else { throw Problems.keyReused }
      replayed.increment()
      return response
    case .reused: throw Problems.keyReused
    case .running: throw Problems.inProgress
    case .unknown, .unspecified: throw Problems.outcomeUnknown
    }
    // A task of its own: a client that goes away in the middle comes back for the answer.
    return await Task {
      let outcome = await run()
      await self.remember(outcome, key, reservation, context)
      return outcome.response
    }.value
  }

  /// Keeps what may be repeated, and tells what became of the rest.
  private func remember(
    _ outcome: Outcome, _ key: RequestKey, _ reservation: String, _ context: CallContext
  ) async {
    var context = Self.anonymous(context)
    context.deadlineNanoseconds =
      EventLoop.shared.now &+ UInt64(Self.graceMilliseconds) * 1_000_000
    do {
      if Self.isKept(outcome), let answer = seal(outcome.response, key) {
        _ = try await retries.keepAnswer(
          KeepAnswerRequest(id: key.id, reservation: reservation, answer: answer), context)
      } else {
        _ = try await retries.releaseAnswer(
          ReleaseAnswerRequest(
            id: key.id, reservation: reservation, didNothing: Self.didNothing(outcome)), context)
      }
    } catch {
      Log.shared.warning(
        "answer not kept",
        ["request_id": .string(context.requestID), "error": .error(error)])
    }
  }

  /// What a second try may change is no answer to keep: our own failures, and 401 and 429.
  static func isKept(_ outcome: Outcome) -> Bool {
    let status = outcome.response.status
    return status < 500 && status != 401 && status != 429
  }

  /// Whether the call certainly had no effect: it was never begun, or refused its caller.
  static func didNothing(_ outcome: Outcome) -> Bool {
    guard let error = outcome.error else { return false }
    switch error.code {
    case .unauthenticated, .resourceExhausted, .unimplemented: return true
    case .unavailable:
      return ["not_connected", "circuit_open", "draining"].contains(error.reason)
    default: return false
    }
  }

  private func seal(_ response: HTTPResponse, _ key: RequestKey) -> [UInt8]? {
    let answer = KeptAnswer(
      status: Int32(response.status), contentType: response.contentType ?? "",
      headers: response.headers.map { KeptHeader(name: $0.name, value: $0.value) },
      body: response.body)
    guard let bytes = try? answer.bytes(), bytes.count <= Self.answerBytesMax else { return nil }
    return key.box.seal(bytes)
  }

  private func open(_ sealed: [UInt8], _ key: RequestKey) -> HTTPResponse? {
    guard let bytes = key.box.open(sealed), let answer = try? KeptAnswer(bytes: bytes) else {
      return nil
    }
    var response = HTTPResponse(
      status: Int(answer.status),
      contentType: answer.contentType.isEmpty ? nil : answer.contentType,
      headers: answer.headers.map { ($0.name, $0.value) }, body: answer.body)
    response.headers.append(("Idempotency-Replayed", "true"))
    return response
  }

  /// The memory is the system's own: it is not called in the user's name.
  private static func anonymous(_ context: CallContext) -> CallContext {
    var context = context
    context.caller = nil
    context.client = nil
    return context
  }
}
