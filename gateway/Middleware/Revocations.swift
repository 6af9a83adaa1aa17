import Contracts
import EventLoop
import Observability
import Wire

/// The signed-in devices whose access tokens no longer count, as auth tells. Asked for twice a
/// second, so that a logout acts everywhere within one.
final class Revocations {
  private struct Entry {
    /// When the device's last access token has expired; milliseconds since the epoch.
    let expiresAt: Int64
    /// Tokens that carry this role still count.
    let role: Caller.Role?
  }

  private let auth: AuthClient
  private var entries: [String: Entry] = [:]
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
      Double(self?.entries.count ?? 0)
    }
  }

  func start() { poll() }

  func stop() { isStopped = true }

  /// Whether a device's token with this role does not count any more.
  func refuses(_ sessionID: String, _ role: Caller.Role) -> Bool {
    guard let entry = entries[sessionID] else { return false }
    return entry.role != role
  }

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
    for item in reply.items {
      entries[item.sessionID] = Entry(expiresAt: item.expiresAt, role: Self.role(item.role))
    }
    cursor = reply.cursor
    return reply.more
  }

  private func forgetExpired() {
    let now = WallClock.milliseconds
    guard entries.contains(where: { $0.value.expiresAt < now }) else { return }
    entries = entries.filter { $0.value.expiresAt >= now }
  }

  private static func role(_ role: UserRole?) -> Caller.Role? {
    switch role {
    case .user: .user
    case .moderator: .moderator
    case .admin: .admin
    case .unspecified, nil: nil
    }
  }
}
