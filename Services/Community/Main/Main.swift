import Community
import Contracts
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("community") { host in
      let database = host.database()
      let outbox = host.outbox(database)
      let gamification = host.client("gamification")
      outbox.subscribe(
        gamification, to: Forum.postTopic, GamificationClient(gamification).applyPost)
      let messaging = host.client("messaging")
      let mailroom = MessagingClient(messaging)
      outbox.subscribe(messaging, to: Forum.blockTopic, mailroom.applyBlock)
      outbox.subscribe(messaging, to: Forum.notificationTopic, mailroom.applyNotification)
      let forum = Forum(
        stores: Forum.Stores(database), auth: AuthClient(host.client("auth"))
      ) {
        await outbox.deliver($0, $1)
      }
      host.serve(CommunityDispatcher(forum))
    }
  }
}
