import Contracts
import EventLoop
import Observability
import Wire

/// The signed-in devices whose access tokens no longer count, as auth tells. Asked for twice a
/// second, so that a logout acts everywhere within one.
final class Revocations {
  private let auth: AuthClient
  private var expiryByDevice: [String: Int64] = [:]
  private var cursor: RevocationCursor?
  private var isStopped = false
  /// Whether the list is known: a gateway that has never heard from auth refuses nobody, and must
  /// not serve.
  private(set) var isLoaded = false

  private static let interval = Duration.milliseconds(400)
  private static let callLimit = Duration.seconds(2)

  init(auth: AuthClient) {
    self.auth = auth
    Metrics.shared.gauge("revoked_devices", "Devices whose tokens are refused.") { [weak self] in
      Double(self?.expiryByDevice.count ?? 0)
    }
  }

  func start() { poll() }

  func stop() { isStopped = true }

  func contains(_ sessionID: String) -> Bool { expiryByDevice[sessionID] != nil }

  private func poll() {
    Task {
      do {
        while try await fetch() {}
        isLoaded = true
        forgetExpired()
      } catch {
        Log.shared.debug("revocations not read", ["error": .error(error)])
      }
      guard !isStopped else { return }
      EventLoop.shared.schedule(after: Self.interval) { [weak self] in self?.poll() }
    }
  }

  /// One page; whether there is a further one.
  private func fetch() async throws -> Bool {
    let context = CallContext(deadlineNanoseconds: Deadline.after(Self.callLimit).nanoseconds)
    let reply = try await auth.listRevocations(ListRevocationsRequest(cursor: cursor), context)
    for item in reply.items { expiryByDevice[item.sessionID] = item.expiresAt }
    cursor = reply.cursor
    return reply.more
  }

  private func forgetExpired() {
    let now = WallClock.milliseconds
    guard expiryByDevice.contains(where: { $0.value < now }) else { return }
    expiryByDevice = expiryByDevice.filter { $0.value >= now }
  }
}
