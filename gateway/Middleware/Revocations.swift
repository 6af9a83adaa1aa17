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
    /// Which entry it was.
    let number: Int
  }

  /// A device is signed out, or an API token ended; with a role, whoever has that role may stay.
  var onRevoked: (_ sessionID: String, _ role: Caller.Role?) -> Void = { _, _ in }
  /// How many entries have come: what comes later has a higher number.
  private(set) var mark = 0

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

  /// The same, by what has come after a mark: of who was found good then.
  func refuses(_ sessionID: String, _ role: Caller.Role, since mark: Int) -> Bool {
    guard let entry = entries[sessionID] else { return false }
    return entry.number > mark && entry.role != role
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
    for item in reply.items { take(item) }
    cursor = reply.cursor
    return reply.more
  }

  /// An entry comes more than once.
  private func take(_ item: Revocation) {
    let role = Self.role(item.role)
    if let known = entries[item.sessionID], known.expiresAt == item.expiresAt,
      known.role == role
    {
      return
    }
    mark += 1
    entries[item.sessionID] = Entry(expiresAt: item.expiresAt, role: role, number: mark)
    onRevoked(item.sessionID, role)
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
