import Contracts
import EventLoop
import Observability

/// Tells users who are followed of a state of theirs that has changed: in the background, and of
/// many changes only the state after them.
///
/// Whoever changes the state calls `changed`, which costs next to nothing; shortly after, one
/// question says which of all those users are followed at all. After it has told a state it looks
/// again, and goes on until it has told the one that is there: so where several processes tell of
/// one user, the last that is told is the newest.
public final class StateFeed {
  /// Which of some users are followed.
  public typealias Audience = (_ userIDs: [String]) async throws -> Set<String>
  public typealias Publish = (_ event: LiveEvent) async throws -> Void
  /// The state of a user as it is now; nil where there is none.
  public typealias Make = (_ userID: String) async throws -> State?

  public struct State: Sendable {
    /// By which two states are the same.
    public let content: [UInt8]
    /// As JSON.
    public let data: String

    public init(content: [UInt8], data: String) {
      self.content = content
      self.data = data
    }
  }

  private let type: LiveType
  private let audience: Audience
  private let publish: Publish
  private let make: Make
  private var waiting: Set<String> = []
  /// Who is followed, and is still to be told.
  private var followed: [String] = []
  /// How often in a row somebody could not be told.
  private var failures: [String: Int] = [:]
  private var isRunning = false
  private let droppedCount = Metrics.shared.counter(
    "live_states_dropped_total",
    "Changes of users' states that nobody was told of, for want of room.")

  /// Changes that come within so long are looked at together.
  private static let gathering = Duration.milliseconds(50)
  /// What could not be told is tried again after so long, a few times: while Redis is away, until
  /// the gateways have found it again too.
  private static let pause = Duration.seconds(2)
  private static let failuresMax = 5
  private static let waitingMax = 50_000
  private static let batchMax = 512
  private static let workersMax = 8
  private static let attemptsMax = 8

  public init(
    _ type: LiveType, audience: @escaping Audience, publish: @escaping Publish,
    make: @escaping Make
  ) {
    self.type = type
    self.audience = audience
    self.publish = publish
    self.make = make
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  /// A user's state has changed, and the change is committed.
  public func changed(_ userID: String) {
    guard waiting.count < Self.waitingMax else { return droppedCount.increment() }
    waiting.insert(userID)
    guard !isRunning else { return }
    isRunning = true
    arrange()
  }

  private func arrange() {
    EventLoop.shared.schedule(after: Self.gathering) { [weak self] in
      Task { await self?.run() }
    }
  }

  private func run() async {
    let batch = Array(waiting.prefix(Self.batchMax))
    waiting.subtract(batch)
    do {
      let audience = try await audience(batch)
      if !failures.isEmpty { batch.forEach { if !audience.contains($0) { failures[$0] = nil } } }
      followed = Array(audience)
      let workers = (0..<min(followed.count, Self.workersMax)).map { _ in
        Task { while let userID = followed.popLast() { await tell(userID) } }
      }
      for worker in workers { await worker.value }
    } catch {
      Log.shared.debug("nobody is told of a state", ["error": .error(error)])
      retry(batch)
    }
    if waiting.isEmpty { isRunning = false } else { arrange() }
  }

  private func retry(_ userIDs: [String]) {
    let again = userIDs.filter { userID in
      let count = failures[userID, default: 0] + 1
      let isGivenUp = count > Self.failuresMax || failures.count >= Self.waitingMax
      failures[userID] = isGivenUp ? nil : count
      return !isGivenUp
    }
    EventLoop.shared.schedule(after: Self.pause) { [weak self] in
      for userID in again { self?.changed(userID) }
    }
  }

  private func tell(_ userID: String) async {
    var told: [UInt8]?
    do {
      for _ in 0..<Self.attemptsMax {
        guard let state = try await make(userID), state.content != told else { break }
        try await publish(
          LiveEvent(
            id: "state:\(String(UInt64.random(in: .min ... .max), radix: 36))", userID: userID,
            type: type, serverTimeMs: WallClock.milliseconds, data: state.data))
        told = state.content
      }
      if !failures.isEmpty { failures[userID] = nil }
    } catch {
      retry([userID])
      Log.shared.debug(
        "a state is not told", ["user_id": .string(userID), "error": .error(error)])
    }
  }
}
