import HTTP

/// What a request says that matters to the handshake: values of all fields of each name, in order.
public nonisolated struct HandshakeRequest: Sendable {
  public var isGet = true
  /// HTTP/1.1.
  public var isVersion11 = true
  public var upgrade: [String] = []
  public var connection: [String] = []
  public var version: [String] = []
  public var key: [String] = []
  public var extensions: [String] = []

  public init() {}

  @MainActor public init(_ request: HTTPRequest) {
    isGet = request.method == .get
    isVersion11 = request.head.minorVersion == 1
    upgrade = request.headers("Upgrade")
    connection = request.headers("Connection")
    version = request.headers("Sec-WebSocket-Version")
    key = request.headers("Sec-WebSocket-Key")
    extensions = request.headers("Sec-WebSocket-Extensions")
  }
}
