import EventLoop
import Observability
import Postgres

/// Forgets which notifications and sessions have come long ago: none of them comes again any more.
public final class Housekeeping {
  private let notifications: NotificationStore
  private let feeds: FeedStore
  private let now: () -> Int64
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.tidy() }

  private static let interval = Duration.seconds(3600)
  private static let keptMilliseconds: Int64 = 90 * 86_400_000
  /// Rows a statement: none holds its locks for long.
  private static let rowsMax = 1000

  public init(
    _ database: PostgresPool, now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    notifications = NotificationStore(database)
    feeds = FeedStore(database: database)
    self.now = now
  }

  public func start() { chore.start() }

  public func stop() { chore.stop() }

  func tidy() async {
    let oldest = now() - Self.keptMilliseconds
    do {
      while try await notifications.forgetTaken(before: oldest, rowsMax: Self.rowsMax) {}
      while try await feeds.forgetTold(before: oldest, rowsMax: Self.rowsMax) {}
    } catch {
      Log.shared.warning("old events not forgotten", ["error": .error(error)])
    }
  }
}
