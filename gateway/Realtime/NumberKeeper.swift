import EventLoop
import Live
import Observability

/// Keeps the numbers of users who follow quietly: Redis forgets one after an hour without an event,
/// and the next event would look like a gap.
final class NumberKeeper {
  private let hub: Hub
  private let log: LiveLog
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.keep() }

  private static let interval = Duration.seconds(LiveLog.secondsKept / 3)

  init(_ hub: Hub, _ log: LiveLog) {
    self.hub = hub
    self.log = log
  }

  func start() { chore.start() }

  func stop() { chore.stop() }

  /// One after another: nobody waits for it.
  private func keep() async {
    for case .user(let id) in hub.followings.keys {
      do {
        _ = try await log.position(ofUser: id)
      } catch {
        // On Redis' return all are looked at.
        return Log.shared.debug("numbers not kept", ["error": .error(error)])
      }
    }
  }
}
