import EventLoop
import EventLoopTesting
import Glibc
import HTTP
import Network
import WebSocket

/// A server whose sockets send every message back, and what they told their owner.
final class EchoServer {
  let sockets: WebSocketServer
  private(set) var http: HTTPServer!
  private(set) var open: [WebSocketConnection] = []
  private(set) var ends: [SocketEnd] = []
  var onMessage: @MainActor (WebSocketConnection, WebSocketMessage) -> Void = EchoServer.echo

  init(_ configuration: WebSocketConfiguration, tls: TLSContext? = nil) throws {
    sockets = WebSocketServer(configuration: configuration)
    let address = try Resolver.numeric(Address(parsing: "127.0.0.1:0"))
    http = HTTPServer(listeners: [HTTPBinding(address, tls: tls)]) { [weak self] request in
      self?.answer(request) ?? HTTPResponse(status: 503)
    }
    try http.start()
  }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    do {
      // Sockets tell of their end a moment later, when the test may be over.
      return sockets.response(to: try Handshake(request)) { [weak self] socket in
        self?.open.append(socket)
        socket.onMessage = { [weak self, unowned socket] in self?.onMessage(socket, $0) }
        socket.onClosed = { [weak self] in self?.ends.append($0) }
      }
    } catch {
      return HTTPResponse(status: error.status, headers: error.headers)
    }
  }

  static func echo(_ socket: WebSocketConnection, _ message: WebSocketMessage) {
    switch message {
    case .text(let text): socket.send(EncodedFrame(text: text))
    case .binary(let bytes): socket.send(EncodedFrame(binary: bytes))
    }
  }

  func stop() {
    http.stop()
    sockets.stop()
  }
}

/// A client that has opened a socket, and collects the frames that come.
final class SocketClient: Connection {
  private var bytes: [UInt8] = []
  private(set) var head = ""
  private(set) var replies: [Reply] = []
  private(set) var isAtEnd = false
  var answersPings = true

  static func connect(
    to server: EchoServer, extensions: String? = nil, behind: [UInt8] = [],
    tls: TLSContext? = nil
  ) async throws -> SocketClient {
    let address = server.http.listeners[0].localAddress
    let descriptor = try await connect(to: address, deadline: .after(.seconds(5)))
    let client = SocketClient(
      descriptor: descriptor, peer: address, tls: try tls?.session(serverName: "focal.test"))
    var request =
      "GET /socket HTTP/1.1\r\nHost: focal\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    if let extensions { request += "Sec-WebSocket-Extensions: \(extensions)\r\n" }
    client.output.append(request + "\r\n")
    client.send(behind)
    await until { !client.head.isEmpty || client.isAtEnd }
    return client
  }

  func send(_ bytes: [UInt8]) {
    output.append(bytes)
    send()
  }

  override func received() {
    bytes += input.readableBytes
    input.consume(input.count)
    if head.isEmpty {
      guard let end = Self.headEnd(bytes) else { return }
      head = String(decoding: bytes[..<end], as: UTF8.self)
      bytes.removeFirst(end)
    }
    let (frames, rest) = WebSocketTests.replies(bytes)
    bytes = rest
    for reply in frames {
      if reply == .ping, answersPings { send(frame(10)) }
      replies.append(reply)
    }
  }

  override func endOfInput() {
    isAtEnd = true
    close()
  }

  override func closed(_ error: (any Error)?) { isAtEnd = true }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    bytes.indices.dropFirst(3).first { index in
      Array(bytes[(index - 3)...index]) == [13, 10, 13, 10]
    }.map { $0 + 1 }
  }
}

func until(_ condition: () -> Bool) async {
  while !condition() { await Task.yield() }
}

/// Runs a server while `body` talks to it, and stops it.
func withSockets(
  _ configure: (inout WebSocketConfiguration) -> Void = { _ in }, tls: TLSContext? = nil,
  _ body: @escaping @MainActor (EchoServer) async throws -> Void
) async throws {
  var configuration = WebSocketConfiguration()
  configure(&configuration)
  try await onLoop { [configuration] in
    let server = try EchoServer(configuration, tls: tls)
    defer { server.stop() }
    try await body(server)
  }
}
