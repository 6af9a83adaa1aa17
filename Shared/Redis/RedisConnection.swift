import EventLoop
import Glibc
import Wire

/// A connection to Redis that renews itself.
///
/// Redis is disposable: a command that has no answer within its time (250 ms by default) throws,
/// and while the server is known to be away commands throw at once.
public final class RedisConnection {
  public static let defaultTimeout = Duration.milliseconds(250)

  private enum State { case idle, connecting, ready, waiting, closed }
  private typealias Waiter = UnsafeContinuation<Bool, Never>

  /// Called each time the connection becomes usable.
  public var onReady: (() -> Void)?
  private let url: RedisURL?
  private let timeout: UInt64
  private let metrics = RedisMetrics.shared
  private var state = State.idle
  private var link: RedisLink?
  private(set) var failures = 0
  private var timer: LoopTimer?
  private var waiters: [Int: Waiter] = [:]
  private var nextWaiter = 0
  private var lastError = RedisError(.unavailable, "not started")
  private var loginReport = LoginReport()

  /// `redis://[user][:password]@host:port/database` or `unix:path`.
  public init(url: Secret, timeout: Duration = defaultTimeout) {
    // A write to a closed socket must be an error, not the process's end: hiredis uses write(2).
    signal(SIGPIPE, SIG_IGN)
    self.url = RedisURL(url.reveal())
    let (seconds, attoseconds) = timeout.components
    self.timeout = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    metrics.add(self)
  }

  public convenience init(url: String, timeout: Duration = defaultTimeout) {
    self.init(url: Secret(url), timeout: timeout)
  }

  /// Whether a URL can be used: for the check of settings at the start.
  public nonisolated static func accepts(url: String) -> Bool { RedisURL(url) != nil }

  public func start() {
    guard state == .idle else { return }
    connect()
  }

  public func close() {
    state = .closed
    timer?.cancel()
    lastError = RedisError(.unavailable, "closed")
    link?.close()
    link = nil
    resumeWaiters(false)
  }

  deinit {
    guard let link else { return }
    MainActor.assumeIsolated { link.close() }
  }

  public var isReady: Bool { state == .ready && link?.stalledSince == nil }
  var pendingCount: Int { link?.pendingCount ?? 0 }

  /// Asks the server for an answer: returns within 1 s, or throws.
  public func check() async throws(RedisError) {
    _ = try await command(["PING"], timeout: .seconds(1))
  }

  // MARK: Commands

  /// Sends a command and gives its answer; an error reply is thrown. Not for commands that block or
  /// subscribe: the connection is shared.
  public func command(_ arguments: RedisArgument...) async throws(RedisError) -> RedisValue {
    try await run(head: arguments, [], nil)
  }

  public func command(
    _ arguments: [RedisArgument], timeout: Duration? = nil
  ) async throws(RedisError) -> RedisValue {
    try await run(head: arguments, [], timeout)
  }

  /// Sends a command whose answer nobody waits for, an error included. False where it was not sent.
  @discardableResult
  public func post(_ arguments: [RedisArgument]) -> Bool {
    let now = EventLoop.shared.now
    if state == .ready, let link, link.post(arguments, sentAt: now, deadline: now &+ timeout) {
      return true
    }
    metrics.failed(unavailable)
    return false
  }

  /// Runs a script by its digest, sending its text where the server does not know it.
  public func evaluate(
    _ script: Script, keys: [RedisArgument] = [], arguments: [RedisArgument] = [],
    timeout: Duration? = nil
  ) async throws(RedisError) -> RedisValue {
    let digest: RedisArgument
    if let known = script.digest {
      digest = known
    } else {
      let reply = try await run(head: ["SCRIPT", "LOAD", .string(script.source)], [], timeout)
      guard let bytes = reply.bytes else { throw RedisError(.server, "no digest") }
      digest = .bytes(bytes)
      script.digest = digest
    }
    let rest = keys.isEmpty ? arguments : keys + arguments
    do {
      return try await run(head: ["EVALSHA", digest, .int(keys.count)], rest, timeout)
    } catch {
      guard error.isMissingScript else { throw error }
      // EVAL runs it and keeps it for the next time.
      return try await run(
        head: ["EVAL", .string(script.source), .int(keys.count)], rest, timeout)
    }
  }

  private func run(
    head: [RedisArgument], _ arguments: [RedisArgument], _ timeout: Duration?
  ) async throws(RedisError) -> RedisValue {
    let startedAt = EventLoop.shared.now
    let deadline = timeout.map { Deadline.after($0).nanoseconds } ?? startedAt &+ self.timeout
    let outcome: RedisLink.Outcome
    if state == .ready, let link {
      outcome = await link.run(head: head, arguments, sentAt: startedAt, deadline: deadline)
    } else if failures <= 1, state == .connecting || state == .waiting {
      // The first attempts are worth waiting for; a server that stays away is not.
      if await becomesReady(deadline), let link {
        outcome = await link.run(
          head: head, arguments, sentAt: EventLoop.shared.now, deadline: deadline)
      } else if Task.isCancelled {
        outcome = .failure(RedisError(.cancelled, "the task was cancelled"))
      } else {
        outcome = .failure(unavailable)
      }
    } else {
      outcome = .failure(unavailable)
    }
    switch outcome {
    case .success(let value):
      metrics.succeeded(nanoseconds: EventLoop.shared.now &- startedAt)
      return value
    case .failure(let error):
      metrics.failed(error)
      throw error
    }
  }

  private var unavailable: RedisError {
    RedisError(lastError.kind == .refused ? .refused : .unavailable, lastError.message)
  }

  private func becomesReady(_ deadline: UInt64) async -> Bool {
    if Task.isCancelled { return false }
    nextWaiter += 1
    let token = nextWaiter
    let expiry = EventLoop.shared.schedule(after: Deadline(nanoseconds: deadline).remaining) {
      [weak self] in self?.waiters.removeValue(forKey: token)?.resume(returning: false)
    }
    defer { expiry.cancel() }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { waiters[token] = $0 }
    } onCancel: {
      MainActor.assumeIsolated {
        _ = waiters.removeValue(forKey: token)?.resume(returning: false)
      }
    }
  }

  private func resumeWaiters(_ isReady: Bool) {
    let resumed = waiters.values
    waiters.removeAll()
    for waiter in resumed { waiter.resume(returning: isReady) }
  }

  // MARK: Connecting

  private func connect() {
    guard let url else {
      lastError = RedisError(.unavailable, "the Redis URL is malformed")
      return retry()
    }
    state = .connecting
    let link = RedisLink()
    self.link = link
    link.onConnected = { [weak self, weak link] in
      guard let self, let link else { return }
      Task { await self.greet(link, url) }
    }
    link.onClosed = { [weak self, weak link] error in
      guard let self, self.link === link else { return }
      lost(error)
    }
    timer = link.dial(url, attempt: failures)
  }

  /// Logs in, chooses the database, and makes sure that the server answers.
  private func greet(_ link: RedisLink, _ url: RedisURL) async {
    let deadline = Deadline.after(.seconds(1)).nanoseconds
    var commands: [[RedisArgument]] = url.login.map { [$0] } ?? []
    if url.database != 0 { commands.append(["SELECT", .int(url.database)]) }
    commands.append(["PING"])
    for command in commands {
      let outcome = await link.run(
        head: command, [], sentAt: EventLoop.shared.now, deadline: deadline)
      guard case .failure(let error) = outcome else { continue }
      return link.close(loginReport.refused(error))
    }
    guard self.link === link, state == .connecting else { return }
    timer?.cancel()
    state = .ready
    failures = 0
    loginReport.accepted()
    metrics.connects.increment()
    resumeWaiters(true)
    onReady?()
  }

  private func lost(_ error: RedisError) {
    link = nil
    guard state != .closed else { return }
    lastError = error
    timer?.cancel()
    metrics.disconnects.increment()
    retry()
  }

  private func retry() {
    state = .waiting
    failures += 1
    if failures > 1 { resumeWaiters(false) }
    timer = EventLoop.shared.schedule(after: RetryDelay.after(failures: failures)) {
      [weak self] in
      guard let self, state == .waiting else { return }
      connect()
    }
  }
}
