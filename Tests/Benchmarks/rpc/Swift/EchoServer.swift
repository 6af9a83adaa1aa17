import EventLoop
import Network
import RPC
import Wire

/// Answers every call with its message.
struct EchoServer: Dispatcher {
  static let service = "echo"
  static let method: UInt32 = 7
  let methods = [EchoServer.method]

  func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    Array(body)
  }

  static func serve(at address: Address) async -> Int32 {
    let server = RPCServer(
      listen: address, service: service, instance: "echo-1", secret: Main.secret,
      dispatchers: [EchoServer()])
    do { try await server.start() } catch {
      print("cannot listen: \(error)")
      return 1
    }
    // Until it is killed.
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    return 0
  }
}
