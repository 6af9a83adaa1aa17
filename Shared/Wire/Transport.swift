/// Carries a call to a service and its answer back. Generated clients call through it.
public protocol Transport {
  /// - Parameters:
  ///   - method: the method's id, FNV-1a of `package.Service/Method`.
  ///   - idempotent: the call may be made again when nobody knows whether it arrived.
  /// - Throws: `RPCError`.
  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8]
}

/// Takes a call's bytes to the method of a service. Generated for every service.
public protocol Dispatcher {
  /// The service's name, e.g. "auth".
  static var service: String { get }
  /// The ids of the methods that it knows; empty: only asking tells.
  var methods: [UInt32] { get }
  /// Reads `body` before its first suspension; the memory may go after that.
  /// - Throws: `RPCError`: `unimplemented` for an id it does not know, `invalid_argument` for bytes
  ///   that are no such message; else what the service throws.
  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8]
}

extension Dispatcher {
  public var methods: [UInt32] { [] }
}

/// What generated clients and dispatchers share.
public enum Call {
  public static func request<M: Message>(
    _ type: M.Type, _ body: UnsafeRawBufferPointer
  ) throws -> M {
    do {
      return try M(bytes: body)
    } catch {
      throw RPCError(.invalidArgument, "malformed", "the request is no \(M.self)")
    }
  }

  public static func unknown(_ method: UInt32) -> RPCError {
    RPCError(.unimplemented, "unknown_method", "the service has no method \(method)")
  }

  public static func make<Request: Message, Answer: Message>(
    _ method: UInt32, idempotent: Bool, _ request: Request, _ context: CallContext,
    over transport: any Transport
  ) async throws -> Answer {
    let bytes = try await transport.call(
      method, idempotent: idempotent, try request.bytes(), context)
    do {
      return try Answer(bytes: bytes)
    } catch {
      throw RPCError(.internal, "malformed_answer", "the answer is no \(Answer.self)")
    }
  }
}
