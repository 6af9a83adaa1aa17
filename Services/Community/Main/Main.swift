import Community
import Contracts
import ServiceKit

@main struct Main {
  static func main() {
    ServiceHost.run("community") { host in
      let database = host.database()
      let outbox = host.outbox(database)
      let gamificationPeer = host.client("gamification")
      let gamification = GamificationClient(gamificationPeer)
      let messagingPeer = host.client("messaging")
      let messaging = MessagingClient(messagingPeer)
      outbox.subscribe("gamification", to: Forum.postTopic) { payload, context in
        _ = try await gamification.applyPost(try PostChanged(bytes: payload), context)
      }
      outbox.subscribe("messaging", to: Forum.blockTopic) { payload, context in
        _ = try await messaging.applyBlock(try BlockChanged(bytes: payload), context)
      }
      outbox.subscribe("messaging", to: Forum.notificationTopic) { payload, context in
        _ = try await messaging.applyNotification(try NotificationRaised(bytes: payload), context)
      }
      gamificationPeer.onReady = { outbox.sweepNow() }
      messagingPeer.onReady = { outbox.sweepNow() }
      let userStore = UserStore(database)
      let users = KnownUsers(store: userStore, auth: AuthClient(host.client("auth")))
      let stores = Forum.Stores(
        posts: PostStore(database), comments: CommentStore(database), likes: LikeStore(database),
        reports: ReportStore(database), blocks: BlockStore(database), users: userStore)
      host.serve(
        CommunityDispatcher(
          Forum(stores: stores, users: users) { await outbox.deliver($0, $1) }))
    }
  }
}
