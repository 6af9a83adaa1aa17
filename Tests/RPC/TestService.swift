import EventLoop
import EventLoopTesting
import Network
import Observability
import Testing
import Wire

@testable import RPC

/// Tests with sockets, one after the other: some of them measure time.
@Suite(.serialized)
enum OverSockets {}

/// What the tests call: methods by number.
final class TestService: Dispatcher {
  static let service = "test"
  static let echo: UInt32 = 1
  static let fail: UInt32 = 2
  static let hold: UInt32 = 3
  static let context: UInt32 = 4
  static let yielding: UInt32 = 5
  let methods: [UInt32] = [1, 2, 3, 4, 5]

  var error: any Error = RPCError(.notFound, "nothing", "There is nothing.")
  /// Calls of `hold` that wait for `release`.
  private(set) var held: [UnsafeContinuation<Void, Never>] = []
  private(set) var cancelled = 0
  private(set) var begun = 0
  private(set) var contexts: [CallContext] = []
  var name = ""

  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    begun += 1
    contexts.append(context)
    let message = Array(body)
    switch method {
    case Self.echo: return message
    case Self.fail: throw error
    case Self.hold:
      await withTaskCancellationHandler {
        await withUnsafeContinuation { held.append($0) }
      } onCancel: {
        Task { @MainActor in
          self.cancelled += 1
          self.release()
        }
      }
      try Task.checkCancellation()
      return message
    case Self.context: return Array(name.utf8)
    default:
      await Task.yield()
      return message
    }
  }

  func release() {
    let waiting = held
    held.removeAll()
    for continuation in waiting { continuation.resume() }
  }
}

/// A server and a client of it, on a port of their own.
final class Pair {
  static let secret = Secret("a secret for tests alone, of no use elsewhere")

  let service = TestService()
  let server: RPCServer
  let client: RPCClient
  let serverMetrics = Metrics()
  let clientMetrics = Metrics()

  init(limits: RPCLimits = RPCLimits(), clientLimits: RPCLimits? = nil) async throws {
    server = RPCServer(
      listen: .tcp(host: "127.0.0.1", port: 0), service: "test", instance: "test-1",
      secret: Pair.secret, dispatchers: [service], limits: limits, metrics: serverMetrics)
    try await server.start()
    client = RPCClient(
      service: "test", addresses: [.tcp(host: "127.0.0.1", port: server.port)],
      secret: Pair.secret, instance: "tests", limits: clientLimits ?? limits,
      metrics: clientMetrics)
    client.start()
    await eventually("the client is connected") { client.isReady }
  }

  func call(
    _ method: UInt32, _ body: [UInt8] = [], within limit: Duration = .seconds(5),
    idempotent: Bool = false
  ) async throws -> [UInt8] {
    let context = CallContext(
      deadlineNanoseconds: Deadline.after(limit).nanoseconds, requestID: "test")
    return try await client.call(method, idempotent: idempotent, body, context)
  }

  func close() {
    client.close()
    server.close()
    service.release()
  }
}

/// Turns until `condition` holds; records an issue if it does not within 5 s.
func eventually(
  _ what: String, location: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) async {
  let deadline = Deadline.after(.seconds(5))
  while !condition() {
    if deadline.hasPassed {
      Issue.record("never: \(what)", sourceLocation: location)
      return
    }
    await Task.yield()
  }
}

/// The error that `body` throws.
func rpcError(
  location: SourceLocation = #_sourceLocation, _ body: () async throws -> [UInt8]
) async -> RPCError? {
  do {
    let answer = try await body()
    Issue.record("answered \(answer.count) bytes", sourceLocation: location)
    return nil
  } catch {
    guard let error = error as? RPCError else {
      Issue.record("\(error)", sourceLocation: location)
      return nil
    }
    return error
  }
}
