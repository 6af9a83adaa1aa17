import Contracts
import Courier
import EventLoop
import Events
import Images
import Observability
import Postgres
import Security
import Wire

/// Takes, shows and replaces users' pictures.
public final class AvatarDesk {
  private let accounts: AccountStore
  private let shelf: AvatarShelf
  private let outbox: Outbox
  private let address: AvatarAddress
  private let now: () -> Int64
  /// A picture being decoded needs up to 64 MiB for a second.
  private let pool = BlockingPool(threads: 1, queueLimit: 16)

  /// Pixels.
  nonisolated static let sideMax = 512
  static let uploadBytesMax = 2 << 20
  /// Lost races before a change gives up.
  private static let changeAttemptsMax = 16

  /// - Parameter publicURL: of the gateway, without which images are paths of it.
  public init(
    pool: PostgresPool, shelf: AvatarShelf, outbox: Outbox, publicURL: String? = nil,
    now: @escaping () -> Int64 = { WallClock.milliseconds }
  ) {
    accounts = AccountStore(pool)
    self.shelf = shelf
    self.outbox = outbox
    address = AvatarAddress(base: publicURL ?? "")
    self.now = now
  }

  /// Makes a picture the account's image; gives the image that it replaces.
  private func show(
    _ id: String, to userID: String, _ context: CallContext
  ) async throws -> String? {
    for _ in 0..<Self.changeAttemptsMax {
      guard let account = try await accounts.account(userID, context) else { throw Self.noUser }
      let change = ProfileChange(image: address.text(of: id))
      let changed = change.applied(to: account, now: now())
      let event = try Event(changed: changed)
      guard try await accounts.update(changed, event, context) else { continue }
      await outbox.deliver(event, context)
      return account.image
    }
    throw RPCError(.aborted, "conflict", "The account is being changed by others; try again.")
  }

  private func read(_ request: SetAvatarRequest) async throws -> Picture {
    guard let format = ImageFormat(mediaType: request.contentType) else {
      throw Self.broken("format", "is no PNG, JPEG or WebP")
    }
    guard request.image.count <= Self.uploadBytesMax else {
      throw Self.broken("max_len", "has more than 2 MiB")
    }
    let bytes = request.image
    do {
      return try await pool.run {
        try Picture(reading: bytes, as: format, sideMax: Self.sideMax)
      }
    } catch let error as ImageError {
      throw Self.broken("image", Self.text(error))
    } catch is BlockingPool.Full {
      throw RPCError(
        .unavailable, "busy", "Too many pictures are being read; try again.",
        retryAfter: .seconds(5))
    }
  }

  private static func text(_ error: ImageError) -> String {
    switch error {
    case .unreadable: "is no picture that can be read"
    case .otherFormat(let format): "is \(format.mediaType), not what its type says"
    case .tooLarge(let width, let height):
      "has \(width) x \(height) pixels, of at most \(ImageHeader.sideMax) each"
    }
  }

  private static let noUser = RPCError(.notFound, "user_not_found", "There is no such user.")
  private static let none = RPCError(.notFound, "no_avatar", "There is no such picture.")

  private static func broken(_ code: String, _ message: String) -> RPCError {
    RPCError.broken("image", code, message)
  }

  /// An object store that is away is nobody's fault who calls.
  private func storing<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as CourierError {
      Log.shared.warning("no object store", ["error": .error(error)])
      throw RPCError(.unavailable, "object_store", "Pictures cannot be reached; try again.")
    }
  }
}

extension AvatarDesk: AvatarsService {
  public func setAvatar(
    _ request: SetAvatarRequest, _ context: CallContext
  ) async throws -> Avatar {
    let caller = try context.signedIn()
    let picture = try await read(request)
    let id = UUIDv7.makeText()
    let replaced: String?
    do {
      try await storing { try await shelf.add(id, picture, of: caller.userID, context) }
      replaced = try await show(id, to: caller.userID, context)
    } catch {
      await shelf.discard(id, context)
      throw error
    }
    if let replaced, let old = AvatarAddress.id(in: replaced) {
      await shelf.discard(old, context)
    }
    return Avatar(
      image: address.text(of: id), contentType: picture.format.mediaType,
      width: Int32(picture.width), height: Int32(picture.height))
  }

  public func getAvatar(
    _ request: GetAvatarRequest, _ context: CallContext
  ) async throws -> AvatarImage {
    let caller = try context.signedIn()
    return try await image { try await shelf.current(of: caller.userID, context) }
  }

  public func getPublicAvatar(
    _ request: GetPublicAvatarRequest, _ context: CallContext
  ) async throws -> AvatarImage {
    try await image { try await shelf.picture(request.id, context) }
  }

  private func image(
    _ read: () async throws -> (contentType: String, bytes: [UInt8])?
  ) async throws -> AvatarImage {
    guard let found = try await storing(read) else { throw Self.none }
    return AvatarImage(image: found.bytes, contentType: found.contentType)
  }
}
