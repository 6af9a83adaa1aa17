import Network

/// Bounds, deadlines and what every answer carries.
public struct HTTPServerConfiguration {
  public var limits = HTTPLimits()
  /// The most that any route takes; a route's own limit is asked from the server's `bodyLimit`.
  public var bodyBytesMax = 2 << 20
  /// From a request's first byte to the end of its head, however busily bytes trickle in.
  public var headDeadline: Duration = .seconds(10)
  /// From the end of the head to the end of the body.
  public var bodyDeadline: Duration = .seconds(60)
  /// How long a connection may wait for a request, or for its peer to read an answer.
  public var idleLimit: Duration = .seconds(75)
  /// How long the rest of a refused request is read and dropped, so that its answer arrives.
  public var lingerLimit: Duration = .seconds(2)
  /// Unsent answers past this hold back the handling of what was pipelined.
  public var pendingAnswerBytesMax = 256 << 10
  /// Connections that one listener holds; more are closed at once.
  public var connectionLimit = 16_384
  /// Headers that every answer carries, those of refusals too.
  public var headers: [HTTPResponse.Header] = [("X-Content-Type-Options", "nosniff")]
  /// Makes the id of a refused request, which no handler sees.
  public var makeRequestID: () -> String = { "" }
  /// Told of each refused request, for the log and the metrics.
  public var refused: (HTTPRefusal) -> Void = { _ in }

  public init() {}
}

/// A request that was answered without any handler.
public struct HTTPRefusal {
  public var error: HTTPParseError
  public var requestID: String
  public var peer: SocketAddress
}

/// An address to listen at.
public struct HTTPBinding {
  public var address: SocketAddress
  /// Several processes share the port (SO_REUSEPORT).
  public var sharesPort: Bool
  /// Speaks HTTPS where there is one.
  public var tls: TLSContext?

  public init(_ address: SocketAddress, sharesPort: Bool = false, tls: TLSContext? = nil) {
    self.address = address
    self.sharesPort = sharesPort
    self.tls = tls
  }
}
