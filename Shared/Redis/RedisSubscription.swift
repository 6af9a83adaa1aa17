import EventLoop
import Glibc
import Wire

/// Follows channels of Redis' publish and subscribe, on a connection of its own that renews itself.
///
/// What is published while the connection is away is missed: `onLost` and `onReady` tell of that, and
/// whoever follows must find out by other means what it missed.
public final class RedisSubscription {
  private enum State { case idle, connecting, ready, waiting, closed }

  /// More are refused.
  public static let channelsMax = 100_000
  /// Channels of one command.
  private static let commandChannelsMax = 1_000
  /// A server that is silent for two of these is given up.
  private static let pingInterval = Duration.seconds(5)

  /// A message of a channel that is wanted.
  public var onMessage: (_ channel: String, _ payload: [UInt8]) -> Void = { _, _ in }
  /// From now on the channel's messages come: after `subscribe`, and after each reconnecting.
  public var onSubscribed: (_ channel: String) -> Void = { _ in }
  /// The connection is there, and all channels that are wanted are subscribed to (again).
  public var onReady: () -> Void = {}
  /// The connection is lost: messages are missed until `onReady`.
  public var onLost: () -> Void = {}

  private let url: RedisURL?
  private var state = State.idle
  private var link: PushLink?
  private var channels = ChannelTable()
  private var waiting: [String: WaitQueue] = [:]
  private var timer: LoopTimer?
  private var failures = 0
  private var wasReadyTold = false
  private var isPingUnderWay = false
  private var isFlushArranged = false
  private var loginReport = LoginReport()

  /// `redis://[user][:password]@host:port/database` or `unix:path`.
  public init(url: Secret) {
    // A write to a closed socket must be an error, not the process's end: hiredis uses write(2).
    signal(SIGPIPE, SIG_IGN)
    self.url = RedisURL(url.reveal())
  }

  public convenience init(url: String) { self.init(url: Secret(url)) }

  deinit {
    guard let link else { return }
    MainActor.assumeIsolated { link.close() }
  }

  /// Connected, and subscribed to all that is wanted.
  public var isReady: Bool { state == .ready && channels.isComplete }

  /// How many channels are wanted.
  public var channelCount: Int { channels.wantedCount }

  public func start() {
    guard state == .idle else { return }
    connect()
  }

  public func close() {
    state = .closed
    timer?.cancel()
    link?.close()
    link = nil
    for queue in waiting.values { queue.failAll() }
    waiting.removeAll()
  }

  // MARK: Channels

  /// Follows a channel until `unsubscribe`, over reconnects. A second call changes nothing.
  ///
  /// - Throws: `overloaded` where too many channels are followed.
  public func subscribe(_ channel: String) throws(RedisError) {
    guard channels.wantedCount < Self.channelsMax else {
      throw RedisError(.overloaded, "too many channels are followed")
    }
    if channels.want(channel, true) { arrangeFlush() }
  }

  public func unsubscribe(_ channel: String) {
    guard channels.want(channel, false) else { return }
    waiting.removeValue(forKey: channel)?.failAll()
    arrangeFlush()
  }

  /// Whether the channel's messages come now.
  public func isSubscribed(_ channel: String) -> Bool {
    state == .ready && channels.isSubscribed(channel)
  }

  /// Waits until the channel's messages come: what is read after this is not older than what they
  /// tell. False where that takes too long, or the channel is not followed.
  public func waitUntilSubscribed(_ channel: String, atMost limit: Duration) async -> Bool {
    if isSubscribed(channel) { return true }
    guard channels.isWanted(channel) else { return false }
    let queue = waiting[channel] ?? WaitQueue()
    waiting[channel] = queue
    let came = await queue.wait(atMost: limit)
    if queue.count == 0, waiting[channel] === queue { waiting[channel] = nil }
    return came
  }

  /// All changes of a turn go in one command.
  private func arrangeFlush() {
    guard state == .ready, !isFlushArranged else { return }
    isFlushArranged = true
    Task { flush() }
  }

  private func flush() {
    isFlushArranged = false
    guard state == .ready, let link else { return }
    let changes = channels.takeChanges()
    send("UNSUBSCRIBE", changes.unsubscribe, link)
    send("SUBSCRIBE", changes.subscribe, link)
    tellReady()
  }

  private func send(_ command: RedisArgument, _ names: [String], _ link: PushLink) {
    var rest = names[...]
    while !rest.isEmpty {
      link.send(head: [command], rest.prefix(Self.commandChannelsMax).map { .string($0) })
      rest = rest.dropFirst(Self.commandChannelsMax)
    }
  }

  // MARK: Receiving

  private func receive(_ push: PushLink.Push) {
    switch push {
    case .message(let channel, let payload):
      if channels.isWanted(channel) { onMessage(channel, payload) }
    case .confirmation(let channel):
      guard channels.confirm(channel) else { return }
      waiting.removeValue(forKey: channel)?.releaseAll()
      onSubscribed(channel)
      tellReady()
    case .pong:
      isPingUnderWay = false
      if state == .connecting { greeted() }
    case .error(let message):
      let error = RedisError(.server, message)
      link?.close(state == .connecting ? loginReport.refused(error) : error)
    case .other: break
    }
  }

  private func greeted() {
    timer?.cancel()
    state = .ready
    failures = 0
    loginReport.accepted()
    RedisMetrics.shared.connects.increment()
    schedulePing()
    flush()
  }

  /// Once for each connection.
  private func tellReady() {
    guard !wasReadyTold, isReady else { return }
    wasReadyTold = true
    onReady()
  }

  private func schedulePing() {
    timer = EventLoop.shared.schedule(after: Self.pingInterval) { [weak self] in
      guard let self, state == .ready, let link else { return }
      if isPingUnderWay {
        return link.close(RedisError(.connectionLost, "the server does not answer"))
      }
      isPingUnderWay = true
      link.send(head: ["PING"])
      schedulePing()
    }
  }

  // MARK: Connecting

  private func connect() {
    guard let url else { return retry() }
    state = .connecting
    let link = PushLink()
    self.link = link
    link.onConnected = { [weak link] in
      if let login = url.login { link?.send(head: login) }
      link?.send(head: ["PING"])
    }
    link.onPush = { [weak self] in self?.receive($0) }
    link.onClosed = { [weak self, weak link] _ in
      guard let self, self.link === link else { return }
      lost()
    }
    timer = link.dial(url, attempt: failures)
  }

  private func lost() {
    link = nil
    guard state != .closed else { return }
    let wasReady = state == .ready
    timer?.cancel()
    RedisMetrics.shared.disconnects.increment()
    channels.reset()
    isPingUnderWay = false
    wasReadyTold = false
    retry()
    if wasReady { onLost() }
  }

  private func retry() {
    state = .waiting
    failures += 1
    timer = EventLoop.shared.schedule(after: RetryDelay.after(failures: failures)) {
      [weak self] in
      guard let self, state == .waiting else { return }
      connect()
    }
  }
}
