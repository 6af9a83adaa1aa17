/// Bounds and deadlines of all sockets of a server.
public nonisolated struct WebSocketConfiguration: Sendable {
  /// A longer message, inflated, is answered with 1009.
  public var messageBytesMax = 64 << 10
  /// A socket for which more is waiting is closed with 1013.
  public var queueBytesMax = 256 << 10
  /// What the kernel may hold besides for one socket: it would take megabytes for a slow reader.
  public var kernelQueueBytes = 128 << 10
  /// No more is read from a peer that leaves this much of its answers unread.
  public var pausedAtBytes = 32 << 10
  /// A socket from which nothing came for about this long is pinged.
  public var pingInterval: Duration = .seconds(20)
  /// A socket from which nothing came for this long is dead; looked at each `pingInterval`.
  public var silenceLimit: Duration = .seconds(60)
  /// From our close frame to the peer's, then the connection is cut.
  public var closeDeadline: Duration = .seconds(5)
  /// Whether permessage-deflate is agreed to.
  public var compresses = true

  public init() {}
}
