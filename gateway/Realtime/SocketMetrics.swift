import Observability
import WebSocket

/// `websocket_*`: what the sockets of this gateway do.
enum SocketMetrics {
  private static let messages = Metrics.shared.counters(
    "websocket_messages_total", "Messages of clients (in) and to them (out).",
    labels: "direction")
  static let received = messages.with("in")
  static let sent = messages.with("out")
  private static let dropped = Metrics.shared.counters(
    "websocket_dropped_total", "Sockets that the gateway has ended, or lost, by reason.",
    labels: "reason")

  static func register(_ server: WebSocketServer) {
    _ = (received, sent)
    Metrics.shared.gauge("websocket_connections", "Open sockets.") { [weak server] in
      Double(server?.counts.connections ?? 0)
    }
  }

  /// - Parameter end: why the gateway has closed it, if it has.
  static func ended(_ connection: SocketEnd, _ end: LiveEnd?) {
    let reason: String
    switch connection.cause {
    case .peer: return
    case .owner: reason = end?.rawValue ?? "drain"
    case .violation: reason = "violation"
    case .slow: reason = "slow"
    case .lost: reason = "lost"
    }
    dropped.with(reason).increment()
  }
}
