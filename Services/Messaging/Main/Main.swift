import Contracts
import Courier
import EventLoop
import Live
import Messaging
import Security
import ServiceKit
import Wire

@main struct Main {
  static func main() {
    ServiceHost.run("messaging") { host in
      let database = host.database()
      // Users choose where webhooks lead: not inside, unless the operator says so.
      let allowsPrivate = host.environment.bool("WEBHOOK_ALLOW_PRIVATE", default: false)
      let seal = SecretSeal(
        "webhooks", key: host.environment.optionalSecret("WEBHOOK_KEY", bytesMin: 32),
        other: host.environment.optionalSecret("WEBHOOK_OTHER_KEY", bytesMin: 32))
      let resealing = Resealing.webhooks(database, seal)
      let sweep = WebhookSweep(
        database, seal: seal,
        courier: Courier(
          name: "webhooks", reach: allowsPrivate ? .anywhere : .publicOnly,
          transfersMax: WebhookSweep.transfersMax),
        firstDelay: host.environment.double("WEBHOOK_RETRY_SECONDS", default: 5, in: 0.01...3600))
      host.onStart {
        resealing?.start()
        sweep.start()
      }
      host.onDrain {
        resealing?.stop()
        await sweep.stop(by: $0)
      }
      host.serve(
        WebhooksDispatcher(WebhookDesk(database, seal: seal, allowsPrivate: allowsPrivate)))

      let redis = host.redis()
      let live = host.live(redis)
      let audience = LiveAudience(redis)
      let outbox = host.outbox(database)
      UserFeed.subscribe(to: outbox, publish: live.publish)
      // What goes out is committed already: nobody waits for it.
      let committed: Feeds.Committed = { rows in
        sweep.wake()
        guard !rows.isEmpty else { return }
        Task {
          await outbox.deliver(
            rows: rows,
            CallContext(deadlineNanoseconds: Deadline.after(.seconds(1)).nanoseconds))
        }
      }
      let feeds = Feeds(database, audience: audience.followed, committed: committed)
      host.serve(FeedsDispatcher(feeds))
      host.consumer(redis).on("session.changed", feeds.applySessions)

      let unread = StateFeed(
        .userState, audience: audience.followed, publish: live.publish, make: feeds.unread)
      let mailroom = Mailroom(
        database: database, auth: AuthClient(host.client("auth")), committed: committed,
        unreadChanged: unread.changed)
      let housekeeping = Housekeeping(database)
      host.onStart { housekeeping.start() }
      host.onDrain { _ in housekeeping.stop() }
      host.serve(MessagingDispatcher(mailroom))
    }
  }
}
