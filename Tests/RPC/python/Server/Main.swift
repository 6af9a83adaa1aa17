import EventLoop
import Glibc
import Network
import RPC
import Wire

/// A server for clients in other languages (`Tests/RPC/python`): prints its port, serves until
/// SIGTERM, then drains.
///
///     rpc-test-server ADDRESS      with RPC_SECRET in the environment
@main
struct Main {
  static func main() {
    guard CommandLine.arguments.count == 2,
      let address = try? Address(parsing: CommandLine.arguments[1]),
      let secret = getenv("RPC_SECRET").map({ String(cString: $0) })
    else {
      print("RPC_SECRET=… rpc-test-server ADDRESS")
      exit(64)
    }
    LoopProgram.run { await serve(at: address, secret: Secret(secret)) }
  }

  static func serve(at address: Address, secret: Secret) async -> Int32 {
    var limits = RPCLimits()
    limits.callsInFlightMax = 64
    let server = RPCServer(
      listen: address, service: "trial", instance: "trial-1", secret: secret,
      dispatchers: [TrialDispatcher()], limits: limits)
    do { try await server.start() } catch {
      print("cannot listen: \(error)")
      return 1
    }
    print("listening \(server.port)")
    fflush(nil)
    var termination: SignalSource?
    await withUnsafeContinuation { continuation in
      termination = SignalSource([SIGTERM, SIGINT]) { _ in continuation.resume() }
    }
    termination?.close()
    await server.drain(deadline: .seconds(10))
    return 0
  }
}
