import Contracts
import EventLoop
import Live
import Redis
import ServiceKit
import WebSocket
import Wire

/// Puts the parts of the gateway's sockets together.
final class Sockets {
  let desk: SocketDesk
  private let server = WebSocketServer()
  private let presence: RoomPresence
  private let numbers: NumberKeeper

  init(
    _ settings: GatewaySettings, _ host: ServiceHost, _ redis: RedisConnection,
    _ transports: [String: any Transport], _ authentication: Authentication,
    _ revocations: Revocations
  ) {
    guard let auth = transports["auth"], let sessions = transports["sessions"],
      let messaging = transports["messaging"]
    else { preconditionFailure("a service is no service") }
    let rooms = RoomSocketsClient(sessions)
    let log = LiveLog(redis)
    let subscription = RedisSubscription(
      url: host.environment.secretURL("REDIS_URL", schemes: ["redis", "unix"]))
    let feed = RedisFeed(subscription, log)
    let presence = RoomPresence(rooms)
    let hub = Hub(
      feed: feed,
      states: ServiceStates(
        rooms: rooms, feeds: FeedsClient(messaging), log: log, presence: presence),
      presence: presence)
    feed.onEvent = { [weak hub] channel, event in hub?.receive(channel, event) }
    feed.onReturn = { [weak hub] in hub?.catchUpWithAll() }
    self.presence = presence
    numbers = NumberKeeper(hub, log)
    desk = SocketDesk(
      authentication: authentication, tickets: TicketsClient(auth), revocations: revocations,
      server: server,
      table: SocketTable(
        totalMax: settings.socketsMax, perUserMax: settings.socketsPerUserMax),
      hub: hub, messages: ClientMessages(rooms: rooms, text: hub.text))
    SocketMetrics.register(server)
    host.onStart { [numbers] in
      subscription.start()
      numbers.start()
    }
    host.onDrain { [numbers] _ in
      numbers.stop()
      subscription.close()
    }
  }

  /// Closes them all with 1001 and tells sessions that they are gone.
  func drain(_ deadline: Deadline) async {
    presence.prepareEnd()
    await server.drain(deadline: deadline.remaining)
    await presence.end()
  }
}
