import EventLoop
import Glibc
import HTTP
import Network
import WebSocket

/// A server for clients in other languages: sends every message back, and a text that begins with
/// `all:` to everybody. Prints its port, serves until SIGTERM, then drains.
///
///     websocket-test-server ADDRESS
@main
struct Main {
  static func main() {
    guard CommandLine.arguments.count == 2,
      let address = try? Resolver.numeric(Address(parsing: CommandLine.arguments[1]))
    else {
      print("websocket-test-server ADDRESS")
      exit(64)
    }
    LoopProgram.run { await serve(at: address) }
  }

  static func serve(at address: SocketAddress) async -> Int32 {
    let room = Room()
    let server = HTTPServer(listeners: [HTTPBinding(address)]) { request in room.answer(request) }
    do { try server.start() } catch {
      print("cannot listen: \(error)")
      return 1
    }
    print("listening \(server.listeners[0].port)")
    fflush(nil)
    var termination: SignalSource?
    await withUnsafeContinuation { continuation in
      termination = SignalSource([SIGTERM, SIGINT]) { _ in continuation.resume() }
    }
    termination?.close()
    await room.sockets.drain(deadline: .seconds(10))
    await server.drain(deadline: .seconds(10))
    return 0
  }
}

/// Everybody who is here.
final class Room {
  let sockets = WebSocketServer()
  private var members: [ObjectIdentifier: WebSocketConnection] = [:]

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    do {
      return sockets.response(to: try Handshake(request)) { [self] socket in enter(socket) }
    } catch {
      return HTTPResponse(status: error.status, headers: error.headers)
    }
  }

  private func enter(_ socket: WebSocketConnection) {
    let id = ObjectIdentifier(socket)
    members[id] = socket
    socket.onMessage = { [unowned self, unowned socket] in received($0, from: socket) }
    socket.onClosed = { [unowned self] _ in members[id] = nil }
  }

  private func received(_ message: WebSocketMessage, from socket: WebSocketConnection) {
    switch message {
    case .binary(let bytes): socket.send(EncodedFrame(binary: bytes))
    case .text(let text):
      let frame = EncodedFrame(text: text)
      guard text.starts(with: "all:".utf8) else {
        socket.send(frame)
        return
      }
      for member in members.values { member.send(frame) }
    }
  }
}
