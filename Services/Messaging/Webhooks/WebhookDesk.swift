import Contracts
import EventLoop
import Postgres
import Security
import Wire

/// The webhooks of users, and the log of what was sent to them.
public struct WebhookDesk: WebhooksService {
  private let webhooks: WebhookStore
  private let deliveries: DeliveryStore
  private let allowsPrivate: Bool

  static let perUserMax = 10
  private static let pageLimit = 20

  /// - Parameters:
  ///   - seal: by `WEBHOOK_KEY`.
  ///   - allowsPrivate: URLs may lead to addresses that are not public.
  public init(_ database: PostgresPool, seal: SecretSeal, allowsPrivate: Bool) {
    webhooks = WebhookStore(database: database, seal: WebhookSeal(seal))
    deliveries = DeliveryStore(database: database, seal: WebhookSeal(seal))
    self.allowsPrivate = allowsPrivate
  }

  public func createWebhook(
    _ request: CreateWebhookRequest, _ context: CallContext
  ) async throws -> Webhook {
    let userID = try context.userID
    if let fault = WebhookURL.fault(of: request.url, allowsPrivate: allowsPrivate) {
      throw RPCError.broken("url", "url", fault)
    }
    let events = Set(request.events)
    guard !events.isEmpty, !events.contains(.unspecified) else {
      throw RPCError.broken("events", "required", "names no event")
    }
    let secret = request.secret ?? Secret("whsec_\(RandomBytes.token().reveal())")
    var webhook = Webhook(
      id: UUIDv7.makeText(), url: request.url,
      events: WebhookEvent.allCases.filter(events.contains),
      createdAt: WallClock.milliseconds)
    let isAdded = try await webhooks.add(
      webhook, of: userID, secret: secret, most: Self.perUserMax)
    guard isAdded else {
      throw RPCError(
        .failedPrecondition, "too_many_webhooks",
        "There may be \(Self.perUserMax) webhooks; remove one first.")
    }
    webhook.secret = secret
    return webhook
  }

  public func listWebhooks(
    _ request: ListWebhooksRequest, _ context: CallContext
  ) async throws -> WebhookList {
    let userID = try context.userID
    let limit = Int(request.limit ?? Int32(Self.pageLimit))
    var below: String?
    if let cursor = request.cursor {
      guard let id = UUIDv7(cursor) else { throw RPCError.badCursor }
      below = id.text
    }
    // One more tells whether there is another page.
    var items = try await webhooks.page(of: userID, below: below, limit: limit + 1)
    guard items.count > limit else { return WebhookList(items: items) }
    items.removeLast()
    return WebhookList(items: items, nextCursor: items.last?.id)
  }

  public func deleteWebhook(
    _ request: DeleteWebhookRequest, _ context: CallContext
  ) async throws -> DeleteWebhookReply {
    let userID = try context.userID
    guard try await webhooks.remove(request.id, of: userID) else { throw Self.notFound }
    return DeleteWebhookReply()
  }

  public func listDeliveries(
    _ request: ListDeliveriesRequest, _ context: CallContext
  ) async throws -> DeliveryList {
    let userID = try context.userID
    let limit = Int(request.limit ?? Int32(Self.pageLimit))
    var below: Int64?
    if let cursor = request.cursor {
      guard let number = Int64(cursor, radix: 36) else { throw RPCError.badCursor }
      below = number
    }
    guard try await webhooks.exists(request.id, of: userID) else { throw Self.notFound }
    let rows = try await deliveries.page(of: request.id, below: below, limit: limit + 1)
    let items = rows.prefix(limit)
    let next = rows.count > limit ? items.last.map { String($0.number, radix: 36) } : nil
    return DeliveryList(items: items.map(\.delivery), nextCursor: next)
  }

  private static let notFound = RPCError(
    .notFound, "no_webhook", "There is no such webhook.")
}
