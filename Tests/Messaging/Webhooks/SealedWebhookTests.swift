import Contracts
import Courier
import EventLoop
import EventLoopTesting
import Security
import ServiceKit
import Testing
import Wire

@testable import Messaging

@Suite(.enabled(if: ServiceDatabase.url != nil, .init(rawValue: ServiceDatabase.isMissing)))
struct SealedWebhookTests {
  static let secret = Secret("a secret of the user's own")
  static let key = Secret("a key of at least thirty-two bytes")
  static let newKey = Secret("another key of over thirty-two bytes")

  private func seal(_ key: Secret?, other: Secret? = nil) -> SecretSeal {
    SecretSeal("webhooks", key: key, other: other)
  }

  /// A webhook of Anna's, kept by a service that has the key, with something to deliver.
  private func bench(_ key: Secret?) async throws -> Bench {
    let bench = try await Bench()
    let desk = WebhookDesk(bench.pool, seal: seal(key), allowsPrivate: false)
    let made = try await desk.createWebhook(
      CreateWebhookRequest(
        url: "https://example.com/", events: [.message], secret: Self.secret),
      bench.context(Bench.anna))
    #expect(made.secret == Self.secret)
    _ = try await bench.send("hello", Bench.bert, to: Bench.anna)
    return bench
  }

  /// The whole row as text: whatever column it were in, the secret would be seen.
  private func row(_ bench: Bench) async throws -> String {
    let rows = try await bench.pool.read(
      "SELECT to_jsonb(webhooks)::text || encode(sealed, 'escape') AS text FROM webhooks")
    return rows.first?.optionalString("text") ?? "plain"
  }

  private func claimed(_ bench: Bench, _ seal: SecretSeal) async throws -> Secret? {
    // As if the one before had died, long ago.
    try await bench.pool.write(
      "UPDATE webhook_deliveries SET next_attempt_at = now(), claimed_until = NULL")
    let store = DeliveryStore(database: bench.pool, seal: WebhookSeal(seal))
    let due = try await store.claim(atMost: 1)
    #expect(due.count == 1)
    return due.first?.secret
  }

  @Test func theTableHoldsNoPlainSecret() async throws {
    try await onLoop {
      let bench = try await bench(Self.key)
      let row = try await row(bench)
      #expect(row.contains("example.com") && !row.contains("a secret of"))
      let secret = try await claimed(bench, seal(Self.key))
      #expect(secret == Self.secret)
      bench.close()
    }
  }

  @Test func whatWasKeptBeforeThereWasAKeyIsSealed() async throws {
    try await onLoop {
      let bench = try await bench(nil)
      let early = try await claimed(bench, seal(nil))
      let between = try await claimed(bench, seal(Self.key))
      #expect(early == Self.secret && between == Self.secret)
      #expect(Resealing.webhooks(bench.pool, seal(nil)) == nil)
      await Resealing.webhooks(bench.pool, seal(Self.key))?.run()
      let row = try await row(bench)
      #expect(row.contains("example.com") && !row.contains("a secret of"))
      let late = try await claimed(bench, seal(Self.key))
      #expect(late == Self.secret)
      bench.close()
    }
  }

  @Test func aKeyReplacesAnother() async throws {
    try await onLoop {
      let bench = try await bench(Self.key)
      // Who knows one key only leaves what it cannot open.
      let before = try await row(bench)
      await Resealing.webhooks(bench.pool, seal(Self.newKey))?.run()
      #expect(try await row(bench) == before)
      let both = seal(Self.newKey, other: Self.key)
      let between = try await claimed(bench, both)
      await Resealing.webhooks(bench.pool, both)?.run()
      let after = try await claimed(bench, seal(Self.newKey))
      let old = try await claimed(bench, seal(Self.key))
      #expect(between == Self.secret && after == Self.secret && old == nil)
      bench.close()
    }
  }

  @Test func whatCannotBeSignedIsNotSent() async throws {
    try await onLoop {
      let bench = try await bench(Self.key)
      let sweep = WebhookSweep(
        bench.pool, seal: seal(Self.newKey),
        courier: Courier(name: "test", reach: .anywhere, transfersMax: 1))
      sweep.start()
      let deadline = Deadline.after(.seconds(15))
      var errors: [String?] = [nil]
      while errors == [nil], !deadline.hasPassed {
        await EventLoop.shared.pause(for: .milliseconds(20))
        errors = try await bench.pool.read("SELECT error FROM webhook_deliveries").map {
          $0.optionalString("error")
        }
      }
      #expect(errors == ["internal"])
      // Its time comes again: the key may be back by then.
      #expect(
        try await bench.pool.read(
          "SELECT 1 AS one FROM webhook_deliveries WHERE next_attempt_at > now()"
        ).count == 1)
      await sweep.stop(by: .after(.seconds(5)))
      bench.close()
    }
  }
}
