import CHiredis
import EventLoop

/// A socket to Redis on which it pushes what channels say.
///
/// hiredis' asynchronous context keeps a book of callbacks for subscriptions that loses a channel
/// left and joined again at once; here hiredis only parses, and `ChannelTable` keeps the book.
final class PushLink: Dialling {
  enum Push {
    case message(channel: String, payload: [UInt8])
    /// A SUBSCRIBE or UNSUBSCRIBE of the channel was done.
    case confirmation(channel: String)
    case pong
    case error(String)
    case other
  }

  var onConnected: () -> Void = {}
  var onPush: (Push) -> Void = { _ in }
  var onClosed: (RedisError) -> Void = { _ in }

  private var context: UnsafeMutablePointer<redisContext>?
  private var source: LinkSource?
  private var isConnected = false
  private(set) var isClosed = false
  private var encoder = CommandEncoder()

  /// Whoever starts a link closes it.
  deinit {}

  // MARK: Connecting

  /// `host` is numeric: hiredis would resolve a name by blocking.
  func start(host: String, port: UInt16) { attach(redisConnectNonBlock(host, Int32(port))) }

  func start(path: String) { attach(redisConnectUnixNonBlock(path)) }

  private func attach(_ context: UnsafeMutablePointer<redisContext>?) {
    guard let context else { return close(RedisError(.unavailable, "out of memory")) }
    self.context = context
    guard context.pointee.err == 0 else { return fail() }
    let source = LinkSource(context.pointee.fd)
    source.onReady = { [unowned self] in ready($0) }
    source.onFlush = { [unowned self] in push() }
    self.source = source
    source.watchWritable(true)
  }

  // MARK: Sending

  /// Sends with whatever else this turn sends.
  func send(head: [RedisArgument], _ arguments: [RedisArgument] = []) {
    guard let context else { return }
    encoder.encode(head: head, arguments)
    let count = encoder.count
    let status = encoder.bytes.withUnsafeBytes {
      redisAppendFormattedCommand(
        context, $0.baseAddress!.assumingMemoryBound(to: CChar.self), count)
    }
    guard status == REDIS_OK else { return fail() }
    source?.setNeedsFlush()
  }

  private func push() {
    guard isConnected, let context else { return }
    var isDone: Int32 = 0
    guard redisBufferWrite(context, &isDone) == REDIS_OK else { return fail() }
    source?.watchWritable(isDone == 0)
  }

  // MARK: Receiving

  private func ready(_ readiness: Readiness) {
    if !isConnected, readiness.contains(.writable), !readiness.contains(.hangUp) {
      isConnected = true
      source?.watchWritable(false)
      onConnected()
    } else if readiness.contains(.writable) {
      push()
    }
    guard !readiness.isDisjoint(with: [.readable, .hangUp, .peerClosed]), let context else {
      return
    }
    guard redisBufferRead(context) == REDIS_OK else { return fail() }
    // Whoever is told may close the link.
    while let reader = self.context {
      var reply: UnsafeMutableRawPointer?
      guard redisGetReplyFromReader(reader, &reply) == REDIS_OK else { return fail() }
      guard let reply else { return }
      defer { freeReplyObject(reply) }
      onPush(Self.push(reply.assumingMemoryBound(to: redisReply.self).pointee))
    }
  }

  private static func push(_ reply: redisReply) -> Push {
    switch reply.type {
    case REDIS_REPLY_ERROR: return .error(text(reply))
    case REDIS_REPLY_STATUS: return text(reply) == "PONG" ? .pong : .other
    case REDIS_REPLY_ARRAY: break
    default: return .other
    }
    guard reply.elements >= 2, let kind = reply.element[0]?.pointee,
      let second = reply.element[1]?.pointee
    else { return .other }
    switch text(kind) {
    case "message":
      guard reply.elements == 3, let payload = reply.element[2]?.pointee else { return .other }
      return .message(
        channel: text(second),
        payload: [UInt8](UnsafeRawBufferPointer(start: payload.str, count: Int(payload.len))))
    case "subscribe", "unsubscribe": return .confirmation(channel: text(second))
    case "pong": return .pong
    default: return .other
    }
  }

  private static func text(_ reply: redisReply) -> String {
    guard let start = reply.str else { return "" }
    return String(
      decoding: UnsafeRawBufferPointer(start: start, count: Int(reply.len)), as: UTF8.self)
  }

  // MARK: The end

  private func fail() {
    guard let context else { return }
    let message = withUnsafeBytes(of: context.pointee.errstr) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    close(RedisError(isConnected ? .connectionLost : .unavailable, message))
  }

  func close(_ error: RedisError = RedisError(.connectionLost, "closed")) {
    isClosed = true
    source?.close()
    source = nil
    if let context { redisFree(context) }
    context = nil
    let onClosed = onClosed
    self.onClosed = { _ in }
    onConnected = {}
    onPush = { _ in }
    onClosed(error)
  }
}
