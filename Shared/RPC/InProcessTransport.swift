import EventLoop
import Wire

/// Carries calls to a dispatcher in the same process, for tests: no sockets, but what a caller sees
/// (errors, hidden causes, deadlines) is what it would see over the wire.
public final class InProcessTransport: Transport {
  private let dispatcher: any Dispatcher
  private let limits = RPCLimits()
  /// The calls made so far.
  public private(set) var calls = 0

  public init(_ dispatcher: any Dispatcher) { self.dispatcher = dispatcher }

  public func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    calls += 1
    if Deadline(nanoseconds: context.deadlineNanoseconds).hasPassed {
      throw RPCError.deadlinePassed()
    }
    // Kept until the call ends, for a dispatcher that reads it late.
    let message = UnsafeMutableRawBufferPointer.allocate(byteCount: body.count, alignment: 8)
    defer { message.deallocate() }
    message.copyBytes(from: body)
    do {
      let sent = try throughTheWire(context)
      return try await dispatcher.dispatch(method, UnsafeRawBufferPointer(message), sent)
    } catch {
      let shown = RPCError(hiding: error).encode()
      throw try shown.withUnsafeBytes { try RPCError(decoding: $0) }
    }
  }

  private func throughTheWire(_ context: CallContext) throws -> CallContext {
    let now = EventLoop.shared.now
    var writer = ProtobufWriter()
    context.encode(into: &writer, at: now)
    return try writer.bytes.withUnsafeBytes {
      try CallContext(decoding: $0, at: now, limits: limits)
    }
  }
}
