import EventLoop
import Glibc
import Network
import Wire

/// The RPC of Focal under load: an echo server, and a client that keeps calls in flight on one
/// connection and prints what a call costs both of them.
///
///     bench-rpc server tcp:127.0.0.1:7199
///     bench-rpc client tcp:127.0.0.1:7199 IN-FLIGHT SECONDS SERVER-PID
@main
struct Main {
  static let secret = Secret("a secret for the benchmark alone, of no use elsewhere")

  static func main() {
    let arguments = CommandLine.arguments
    LoopProgram.run {
      guard arguments.count >= 3, let address = try? Address(parsing: arguments[2]) else {
        return usage()
      }
      switch (arguments[1], arguments.count) {
      case ("server", 3): return await EchoServer.serve(at: address)
      case ("client", 6):
        guard let inFlight = Int(arguments[3]), let seconds = Double(arguments[4]),
          let server = Int32(arguments[5]), inFlight > 0, seconds > 0
        else { return usage() }
        let load = Load(address: address, inFlight: inFlight, seconds: seconds, server: server)
        return await load.run()
      default: return usage()
      }
    }
  }

  static func usage() -> Int32 {
    print("bench-rpc server ADDRESS | bench-rpc client ADDRESS IN-FLIGHT SECONDS SERVER-PID")
    return 64
  }
}
