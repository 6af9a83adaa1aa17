import CHiredis
import EventLoop

/// One hiredis context in the loop, from connecting to its end. Commands are pipelined: what a turn
/// sends goes out in one write at its end, and answers come in order.
final class RedisLink: Dialling {
  typealias Outcome = Result<RedisValue, RedisError>
  typealias Waiter = UnsafeContinuation<Outcome, Never>

  /// A cancelled or timed out command stays in the queue without a waiter; its answer is dropped.
  private struct Entry {
    var sentAt: UInt64
    var deadline: UInt64
    var waiter: Waiter?
    var isCancelled = false
  }

  /// Under way at once.
  static let pendingMax = 16_384
  /// A server that answers nothing this long after a command timed out is given up.
  private static let stallMax: UInt64 = 1_000_000_000

  var onConnected: () -> Void = {}
  var onClosed: (RedisError) -> Void = { _ in }

  private var context: UnsafeMutablePointer<redisAsyncContext>?
  private var source: LinkSource?
  private let inbox = LinkInbox()
  private var isConnected = false
  private var pending = PendingQueue<Entry>()
  private var lastReceivedAt: UInt64 = 0
  private var sweepTimer: LoopTimer?
  private var sweepAt = UInt64.max
  private var cause: RedisError?
  private static var encoder = CommandEncoder()

  /// Since when a command that timed out has had no answer, nor any after it.
  private(set) var stalledSince: UInt64?
  var pendingCount: Int { pending.count }
  private var now: UInt64 { EventLoop.shared.now }
  private(set) var isClosed = false

  // MARK: Connecting

  /// `host` is numeric: hiredis would resolve a name by blocking.
  func start(host: String, port: UInt16) {
    attach(redisAsyncConnect(host, Int32(port)))
  }

  func start(path: String) { attach(redisAsyncConnectUnix(path)) }

  private func attach(_ context: UnsafeMutablePointer<redisAsyncContext>?) {
    guard let context else { return end(RedisError(.unavailable, "out of memory")) }
    guard context.pointee.err == 0 else {
      let error = RedisError(.unavailable, Self.message(context))
      redisAsyncFree(context)
      return end(error)
    }
    self.context = context
    let source = LinkSource(context.pointee.c.fd)
    source.onReady = { [unowned self] in ready($0) }
    source.onFlush = { [unowned self] in push() }
    self.source = source
    // The context owns the inbox, and this link, until its clean-up.
    inbox.link = self
    context.pointee.ev.data = Unmanaged.passRetained(inbox).toOpaque()
    context.pointee.ev.addWrite = { LinkInbox.of($0)?.wantsWrite = true }
    context.pointee.ev.delWrite = { LinkInbox.of($0)?.wantsWrite = false }
    context.pointee.ev.cleanup = { data in
      guard let inbox = LinkInbox.of(data) else { return }
      Unmanaged.passUnretained(inbox).release()
      guard let link = inbox.link else { return }
      inbox.link = nil
      MainActor.assumeIsolated { link.detach() }
    }
    redisAsyncSetConnectCallback(context) { context, status in
      guard let link = LinkInbox.of(context?.pointee.ev.data)?.link else { return }
      MainActor.assumeIsolated { link.connected(status) }
    }
    source.watchWritable(true)
  }

  private func connected(_ status: Int32) {
    guard status == REDIS_OK else { return }  // the clean-up follows
    isConnected = true
    lastReceivedAt = now
    source?.watchWritable(inbox.wantsWrite)
    onConnected()
  }

  private func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) || (!isConnected && readiness.contains(.hangUp)) { push() }
    let isReadable = !readiness.isDisjoint(with: [.readable, .hangUp, .peerClosed])
    if isReadable, isConnected, let context {
      lastReceivedAt = now
      stalledSince = nil
      redisAsyncHandleRead(context)
      takeAnswers()
    }
  }

  private func push() {
    guard let context, inbox.wantsWrite || !isConnected else { return }
    redisAsyncHandleWrite(context)
    // Only a short write, or connecting, waits for the socket.
    if isConnected { source?.watchWritable(inbox.wantsWrite) }
  }

  // MARK: Commands

  func run(
    head: [RedisArgument], _ arguments: [RedisArgument], sentAt: UInt64, deadline: UInt64
  ) async -> Outcome {
    if Task.isCancelled { return .failure(Self.cancelled) }
    guard stalledSince == nil else {
      return .failure(RedisError(.unavailable, "the server does not answer"))
    }
    guard let number = send(head: head, arguments, sentAt: sentAt, deadline: deadline) else {
      return .failure(RedisError(.overloaded, "too many commands are under way"))
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        // The handler runs before this if the task is cancelled already.
        if pending[number]!.isCancelled {
          waiter.resume(returning: .failure(Self.cancelled))
        } else {
          pending[number]!.waiter = waiter
        }
      }
    } onCancel: {
      MainActor.assumeIsolated { abandon(number) }
    }
  }

  /// Returns whether it was sent.
  func post(_ command: [RedisArgument], sentAt: UInt64, deadline: UInt64) -> Bool {
    stalledSince == nil && send(head: command, [], sentAt: sentAt, deadline: deadline) != nil
  }

  private static let cancelled = RedisError(.cancelled, "the task was cancelled")

  private func send(
    head: [RedisArgument], _ arguments: [RedisArgument], sentAt: UInt64, deadline: UInt64
  ) -> Int? {
    guard let context, pending.count < Self.pendingMax else { return nil }
    Self.encoder.encode(head: head, arguments)
    let count = Self.encoder.count
    let status = Self.encoder.bytes.withUnsafeBytes { bytes in
      redisAsyncFormattedCommand(
        context,
        { context, reply, _ in
          let reply = reply?.assumingMemoryBound(to: redisReply.self)
          LinkInbox.of(context?.pointee.ev.data)?.answers.append(
            reply.map { RedisValue($0.pointee) })
        }, nil, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), count)
    }
    guard status == REDIS_OK else { return nil }
    source?.setNeedsFlush()
    if deadline < sweepAt { scheduleSweep(deadline) }
    return pending.append(Entry(sentAt: sentAt, deadline: deadline))
  }

  /// Hands out what hiredis called back for, in order. Nil: the connection is ending, and hiredis
  /// calls back for all that is under way.
  private func takeAnswers() {
    for value in inbox.answers {
      guard let waiter = pending.popFirst()?.waiter else { continue }
      switch value {
      case .error(let message)?: waiter.resume(returning: .failure(RedisError(.server, message)))
      case let value?: waiter.resume(returning: .success(value))
      case nil: waiter.resume(returning: .failure(endCause(.connectionLost)))
      }
    }
    inbox.answers.removeAll(keepingCapacity: true)
  }

  // MARK: Deadlines

  private func abandon(_ number: Int) {
    guard pending[number] != nil else { return }
    pending[number]!.isCancelled = true
    guard let waiter = pending[number]!.waiter else { return }
    pending[number]!.waiter = nil
    waiter.resume(returning: .failure(Self.cancelled))
  }

  private func scheduleSweep(_ deadline: UInt64) {
    sweepTimer?.cancel()
    sweepAt = deadline
    sweepTimer = EventLoop.shared.schedule(after: Deadline(nanoseconds: deadline).remaining) {
      [weak self] in self?.sweep()
    }
  }

  /// Ends the commands whose deadline has passed: one timer for them all, set for the earliest.
  private func sweep() {
    sweepTimer = nil
    sweepAt = .max
    var next = UInt64.max
    for number in pending.numbers {
      guard let entry = pending[number] else { continue }
      if entry.deadline > now {
        if entry.waiter != nil { next = min(next, entry.deadline) }
        continue
      }
      // What was received in the turn of the sending came before it.
      if lastReceivedAt <= entry.sentAt, stalledSince == nil { stalledSince = now }
      guard let waiter = entry.waiter else { continue }
      pending[number]!.waiter = nil
      waiter.resume(returning: .failure(RedisError(.timedOut, "no answer in time")))
    }
    if let stalledSince {
      guard now < stalledSince + Self.stallMax else {
        return close(RedisError(.connectionLost, "the server does not answer"))
      }
      next = min(next, stalledSince + Self.stallMax)
    }
    if next < .max { scheduleSweep(next) }
  }

  // MARK: The end

  private static func message(_ context: UnsafeMutablePointer<redisAsyncContext>) -> String {
    context.pointee.errstr.map { String(cString: $0) } ?? "error \(context.pointee.err)"
  }

  private func endCause(_ kind: RedisError.Kind) -> RedisError {
    if let cause { return cause }
    guard let context, context.pointee.err != 0 else { return RedisError(kind, "closed") }
    return RedisError(kind, Self.message(context))
  }

  func close(_ error: RedisError = RedisError(.connectionLost, "closed")) {
    cause = error
    isClosed = true
    if let context {
      redisAsyncFree(context)
    } else {
      end(error)
    }
  }

  /// hiredis frees the context, and closes its socket, right after this.
  private func detach() {
    let error = endCause(isConnected ? .connectionLost : .unavailable)
    takeAnswers()
    context = nil
    end(error)
  }

  private func end(_ error: RedisError) {
    source?.close()
    source = nil
    sweepTimer?.cancel()
    let onClosed = onClosed
    self.onClosed = { _ in }
    onConnected = {}
    onClosed(error)
  }
}
