import EventLoop
import Observability

/// Forgets which notifications have come long ago: none of them is delivered again any more.
public final class Housekeeping {
  private let notifications: NotificationStore
  private let now: () -> Int64
  private var timer: LoopTimer?

  private static let interval = Duration.seconds(3600)
  private static let keptMilliseconds: Int64 = 90 * 86_400_000
  /// Rows a statement: none holds its locks for long.
  private static let rowsMax = 1000

  public init(
    notifications: NotificationStore, now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    self.notifications = notifications
    self.now = now
  }

  public func start() {
    timer = EventLoop.shared.schedule(after: Self.interval) { [weak self] in
      Task {
        await self?.tidy()
        if self?.timer != nil { self?.start() }
      }
    }
  }

  public func stop() {
    timer?.cancel()
    timer = nil
  }

  func tidy() async {
    let oldest = now() - Self.keptMilliseconds
    do {
      while try await notifications.forgetTaken(before: oldest, rowsMax: Self.rowsMax) {}
    } catch {
      Log.shared.warning("old notifications not forgotten", ["error": .error(error)])
    }
  }
}
