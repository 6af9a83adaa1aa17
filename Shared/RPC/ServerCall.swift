import Observability
import Wire

/// A call that a server has begun.
final class ServerCall {
  let id: UInt32
  let methodID: UInt32
  let context: CallContext
  let startedAt: UInt64
  /// Where its trace is recorded.
  let span: Span?
  var task: Task<Void, Never>?
  /// Answered, or nobody wants the answer any more.
  var isOver = false

  init(
    id: UInt32, methodID: UInt32, context: CallContext, startedAt: UInt64, span: Span? = nil
  ) {
    self.id = id
    self.methodID = methodID
    self.context = context
    self.startedAt = startedAt
    self.span = span
  }
}
