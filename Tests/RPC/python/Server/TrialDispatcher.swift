import Wire

/// `focal.trial.v1.Trial` of `trial.proto`, by hand: messages are passed on as bytes.
struct TrialDispatcher: Dispatcher {
  static let service = "trial"

  /// FNV-1a of `focal.trial.v1.Trial/` and the method's name.
  static let echo = identifier("Echo")
  static let fail = identifier("Fail")
  static let wait = identifier("Wait")
  static let whoAmI = identifier("WhoAmI")
  static let countCancelled = identifier("CountCancelled")

  let methods = [echo, fail, wait, whoAmI, countCancelled]

  private final class Count {
    var value: UInt8 = 0
  }

  private let cancelled = Count()

  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    switch method {
    case Self.echo: return Array(body)
    case Self.fail:
      throw RPCError(
        .alreadyExists, "email_taken", "This address has an account.",
        violations: [FieldViolation(field: "email", code: "taken", message: "is taken")],
        retryAfter: .milliseconds(1500))
    case Self.wait: return try await waitUntilCancelled()
    case Self.whoAmI: return text(describe(context))
    case Self.countCancelled: return text("\(cancelled.value)")
    default: throw Call.unknown(method)
    }
  }

  private func waitUntilCancelled() async throws -> [UInt8] {
    do {
      try await Task.sleep(for: .seconds(600))
      return []
    } catch {
      cancelled.value += 1
      throw error
    }
  }

  private func describe(_ context: CallContext) -> String {
    let caller = context.caller.map { "\($0.userID)/\($0.sessionID)/\($0.role)/\($0.scope)" }
    let client = context.client.map { "\($0.ip)/\($0.userAgent)" }
    return """
      \(context.requestID) \(context.traceParent.isEmpty ? "-" : context.traceParent) \
      \(caller ?? "-") \(client ?? "-")
      """
  }

  /// A message whose field 1 is this text.
  private func text(_ text: String) -> [UInt8] {
    precondition(text.utf8.count < 128)
    return [0x0a, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  private static func identifier(_ method: String) -> UInt32 {
    "focal.trial.v1.Trial/\(method)".utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
