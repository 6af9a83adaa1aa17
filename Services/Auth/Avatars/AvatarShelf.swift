import Courier
import EventLoop
import Images
import Observability
import Postgres
import Wire

/// Pictures with their bytes: a row for each in the database, before the bytes are stored and until
/// they are removed, so that none are left behind.
public final class AvatarShelf {
  private let store: AvatarStore
  private let objects: ObjectStore
  private let now: () -> Int64
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.sweep() }
  private var isSweeping = false

  private static let interval = Duration.seconds(60)
  /// A picture is stored in seconds; after so long it was given up.
  private static let graceMilliseconds: Int64 = 300_000
  private static let rowsMax = 100
  static let bytesMax = 4 << 20

  public init(
    pool: PostgresPool, objects: ObjectStore,
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    store = AvatarStore(pool)
    self.objects = objects
    self.now = now
  }

  public func start() { chore.start() }

  public func stop() {
    chore.stop()
    objects.close()
  }

  /// Stores a picture that nobody shows yet.
  func add(
    _ id: String, _ picture: Picture, of userID: String, _ context: CallContext
  ) async throws {
    let entry = AvatarStore.Entry(id: id, contentType: picture.format.mediaType)
    try await store.add(entry, of: userID, now: now(), context)
    try await objects.put(picture.bytes, to: Self.key(entry), type: entry.contentType)
  }

  func current(
    of userID: String, _ context: CallContext
  ) async throws -> (contentType: String, bytes: [UInt8])? {
    guard let entry = try await store.current(of: userID, context) else { return nil }
    return try await read(entry)
  }

  func picture(
    _ id: String, _ context: CallContext
  ) async throws -> (contentType: String, bytes: [UInt8])? {
    guard let entry = try await store.entry(id, context) else { return nil }
    return try await read(entry)
  }

  /// Removes a picture that nobody shows any more. Never fails: what is left the sweep removes.
  func discard(_ id: String, _ context: CallContext) async {
    do {
      guard let entry = try await store.entry(id, context) else { return }
      try await remove(entry, context)
    } catch {
      Log.shared.debug("picture not removed", ["error": .error(error)])
    }
  }

  /// Removes the pictures that no account shows: of deleted accounts, of changed ones, of calls that
  /// did not end.
  func sweep() async {
    guard !isSweeping else { return }
    isSweeping = true
    defer { isSweeping = false }
    let context = CallContext(deadlineNanoseconds: Deadline.after(.seconds(30)).nanoseconds)
    do {
      let entries = try await store.abandoned(
        before: now() - Self.graceMilliseconds, limit: Self.rowsMax, context)
      for entry in entries { try await remove(entry, context) }
    } catch {
      Log.shared.warning("pictures not removed", ["error": .error(error)])
    }
  }

  private func remove(_ entry: AvatarStore.Entry, _ context: CallContext) async throws {
    try await objects.remove(Self.key(entry))
    try await store.remove(entry.id, context)
  }

  private func read(
    _ entry: AvatarStore.Entry
  ) async throws -> (contentType: String, bytes: [UInt8])? {
    try await objects.get(Self.key(entry), bytesMax: Self.bytesMax)
      .map { (entry.contentType, $0) }
  }

  private static func key(_ entry: AvatarStore.Entry) -> String {
    "\(entry.id).\(entry.contentType.drop { $0 != "/" }.dropFirst())"
  }
}
