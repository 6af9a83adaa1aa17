import EventLoop
import Security
import Wire

/// Hashes and verifies passwords beside the loop: nothing waits for a hash but its own call.
public final class PasswordHashing {
  private let pool: BlockingPool
  private let cost: PasswordHash.Cost
  /// Verified where there is no account, so that the answer takes as long as for a wrong password.
  private let dummy: String

  /// - Parameters:
  ///   - threads: hashes at one time, each on a core and in 19 MiB.
  ///   - queueLimit: how many may wait; a second's worth at 16 ms each.
  public init(threads: Int = 2, queueLimit: Int = 64, cost: PasswordHash.Cost = .standard) {
    pool = BlockingPool(threads: threads, queueLimit: queueLimit)
    self.cost = cost
    dummy = PasswordHash.dummy(cost: cost)
  }

  func hash(_ password: Secret) async throws -> String {
    let cost = cost
    return try await run { try PasswordHash.make(password, cost: cost) }
  }

  /// Whether `hash` was made of `password`; false, after the same time, where there is no hash.
  func verify(_ password: Secret, _ hash: String?) async throws -> Bool {
    let stored = hash ?? dummy
    let isRight = try await run { try PasswordHash.verify(password, stored) }
    return isRight && hash != nil
  }

  func needsRehash(_ hash: String) -> Bool { PasswordHash.needsRehash(hash, cost: cost) }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await pool.run(body)
    } catch is BlockingPool.Full {
      throw RPCError(
        .unavailable, "busy", "Too many people are signing in; try again.", retryAfter: .seconds(1))
    }
  }
}
