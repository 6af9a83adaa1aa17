import Contracts
import Wire

/// The settings of users: remembered, else from the database, else from auth.
///
/// What is remembered may be old, since another process may have taken an event. Who writes with it
/// checks its version in the same statement, and calls `forget` where it was old.
public final class KnownUsers {
  private let store: SettingsStore
  private let auth: any AuthService
  private var remembered: [String: UserSettings] = [:]
  private var erasures: [(_ userID: String, _ context: CallContext) async throws -> Void] = []

  private static let rememberedMax = 20_000

  public init(store: SettingsStore, auth: any AuthService) {
    self.store = store
    self.auth = auth
  }

  /// - Throws: `RPCError` `notFound` where the account is gone.
  func settings(of userID: String, _ context: CallContext) async throws -> UserSettings {
    if let settings = remembered[userID] { return settings }
    return try await current(of: userID, context)
  }

  /// The same, but never from memory.
  func current(of userID: String, _ context: CallContext) async throws -> UserSettings {
    if let settings = try await store.settings(of: userID),
      settings.username != nil || settings.isDeleted
    {
      return try remember(settings, of: userID)
    }
    let user = try await auth.getSettings(GetSettingsRequest(userID: userID), context)
    _ = try await apply(user, context)
    guard let settings = try await store.settings(of: userID) else { throw Self.gone }
    return try remember(settings, of: userID)
  }

  /// The id of the account with an email.
  /// - Throws: `RPCError` `notFound` where there is none.
  func account(withEmail email: String, _ context: CallContext) async throws -> String {
    let user = try await auth.findSettings(FindSettingsRequest(email: email), context)
    _ = try await apply(user, context)
    return user.userID
  }

  func forget(_ userID: String) { remembered[userID] = nil }

  /// Adds what is to be done once an account is marked as gone; it may be done more than once.
  public func whenErased(
    _ erase: @escaping (_ userID: String, _ context: CallContext) async throws -> Void
  ) {
    erasures.append(erase)
  }

  /// Takes an event; returns whether it changed anything.
  func apply(_ user: UserChanged, _ context: CallContext) async throws -> Bool {
    forget(user.userID)
    defer { forget(user.userID) }
    guard user.deleted else { return try await store.save(user) }
    try await store.erase(user)
    for erase in erasures { try await erase(user.userID, context) }
    return true
  }

  private func remember(_ settings: UserSettings, of userID: String) throws -> UserSettings {
    guard !settings.isDeleted else { throw Self.gone }
    if remembered.count >= Self.rememberedMax { remembered.removeAll() }
    remembered[userID] = settings
    return settings
  }

  private static let gone = RPCError(.notFound, "no_account", "There is no such account.")
}
