import Contracts
import Observability
import Wire

/// A method as traces and logs call it.
nonisolated struct RPCMethod {
  /// `package.Service/Method`; `unknown` of an id that this process does not know.
  let name: String

  init(_ id: UInt32) { name = MethodNames.name(of: id).map { "\($0)" } ?? "unknown" }

  var service: String { String(name.prefix { $0 != "/" }) }
  var method: String { String(name.drop { $0 != "/" }.dropFirst()) }
}

extension Tracer {
  /// The span of a call, by OpenTelemetry's conventions for RPC; whatever the call leads to is part of
  /// it. Nil where the trace is not recorded.
  func call(_ id: UInt32, _ context: inout CallContext, _ kind: Span.Kind) -> Span? {
    guard !context.traceParent.isEmpty, let parent = Trace(parsing: context.traceParent),
      parent.isSampled
    else { return nil }
    let method = RPCMethod(id)
    let span = child(
      of: parent, method.name, kind,
      [
        "rpc.system": "focal", "rpc.service": .string(method.service),
        "rpc.method": .string(method.method),
      ])
    context.traceParent = span.trace.text
    return span
  }
}

extension Span {
  /// The call has ended.
  func answered(_ code: RPCError.Code) {
    set("rpc.response.status_code", .string(code.label))
    let isServer = kind == .server
    // The caller's own mistakes are no failures of the server.
    let failed =
      switch code {
      case .ok: false
      case .unknown, .deadlineExceeded, .unimplemented, .internal, .unavailable, .dataLoss: true
      default: !isServer
      }
    if failed { set("error.type", .string(code.label)) }
    end(failed: failed)
  }
}

nonisolated extension LogFields {
  /// Where a call stands in its trace, by its W3C traceparent; nothing where that is empty.
  public mutating func append(traceParent: String) {
    guard !traceParent.isEmpty, let trace = Trace(parsing: traceParent) else { return }
    append("trace_id", .string(trace.traceID))
    append("span_id", .string(trace.spanID))
  }
}
