/// What a server and a client allow. The defaults are those of `protos/WIRE.md`.
public nonisolated struct RPCLimits: Sendable {
  /// Unfinished calls on one connection; more are refused. At most 16,384.
  public var callsInFlightMax = 4096
  /// Connections that a server holds; more are closed at once.
  public var connectionsMax = 1024
  /// The largest `length` of a frame.
  public var frameBytesMax = Frame.lengthBytesMax
  /// Output above which no further request is read.
  public var outputBytesHigh = 4 << 20
  /// Output at which the connection is closed.
  public var outputBytesMax = 16 << 20
  /// From the connection to the welcome, on either side.
  public var helloTimeout = Duration.seconds(10)
  /// A server closes a connection from which nothing came for so long.
  public var idleTimeout = Duration.seconds(30)
  /// A client pings after so long a silence, and takes the server for lost after twice that.
  public var pingInterval = Duration.seconds(5)
  /// The deadline of a call that brings none.
  public var callTimeout = Duration.seconds(10)
  /// The longest deadline; longer ones are cut.
  public var callTimeoutMax = Duration.seconds(300)
  /// One attempt to connect, the hello included.
  public var connectTimeout = Duration.seconds(2)
  /// How long a call waits for the first connection.
  public var connectPatience = Duration.seconds(1)
  /// How long it waits where the server is known to be away: it may just be starting again.
  public var reconnectPatience = Duration.milliseconds(80)
  /// Calls that wait for a connection; more fail at once.
  public var waitingCallsMax = 4096
  /// How often names are resolved again: new replicas are found so fast.
  public var resolveInterval = Duration.seconds(2)
  /// The first and the longest pause between attempts to connect.
  public var backoffMin = Duration.milliseconds(50)
  public var backoffMax = Duration.seconds(1)

  public init() {}
}
