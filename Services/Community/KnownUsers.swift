import Contracts
import Wire

/// The names of users, as auth last told them.
///
/// Who writes is made known first, so that whatever is read has its author's name. Whether an
/// account is gone each write checks in its own statement.
public final class KnownUsers {
  private let store: UserStore
  private let auth: any AuthService
  /// Users that have a row.
  private var remembered: Set<String> = []

  private static let rememberedMax = 50_000

  public init(store: UserStore, auth: any AuthService) {
    self.store = store
    self.auth = auth
  }

  /// Sees to it that the user is known.
  ///
  /// - Throws: `RPCError` `notFound` where there is no such account.
  func know(_ userID: String, _ context: CallContext) async throws {
    guard !remembered.contains(userID) else { return }
    if try await store.isGone(userID) == nil {
      let user = try await auth.getSettings(GetSettingsRequest(userID: userID), context)
      _ = try await store.save(user)
    }
    guard try await store.isGone(userID) == false else { throw Refusal.gone }
    if remembered.count >= Self.rememberedMax { remembered.removeAll() }
    remembered.insert(userID)
  }

  /// Takes an event; returns whether it changed anything.
  func apply(_ user: UserChanged) async throws -> Bool {
    guard user.deleted else { return try await store.save(user) }
    remembered.remove(user.userID)
    try await store.erase(user)
    remembered.remove(user.userID)
    return true
  }
}
