import Contracts
import Live
import WebSocket
import Wire

/// What sockets of this gateway follow, and who they are: a room, or what concerns a user.
final class Following {
  let channel: LiveChannel
  var order = LiveOrder<LiveEvent>()
  /// Events are missing, and somebody looks for them.
  var isCatchingUp = false
  /// The last snapshot that was sent, for who comes at the same time.
  var snapshot: (seq: Int64, madeAt: UInt64, frame: EncodedFrame)?
  private(set) var listeners: [any LiveListener] = []
  private var joins: [LiveJoin] = []

  init(_ channel: LiveChannel) { self.channel = channel }

  var isEmpty: Bool { listeners.isEmpty && joins.isEmpty }

  // MARK: Who follows

  func add(_ join: LiveJoin) { joins.append(join) }

  /// False where it was taken out before.
  func remove(_ join: LiveJoin) -> Bool {
    guard let index = joins.firstIndex(where: { $0 === join }) else { return false }
    joins.remove(at: index)
    return true
  }

  func add(_ listener: any LiveListener) {
    listener.place = listeners.count
    listeners.append(listener)
  }

  func remove(_ listener: any LiveListener) {
    let place = listener.place
    guard listeners.indices.contains(place), listeners[place] === listener else { return }
    let last = listeners.removeLast()
    guard last !== listener else { return }
    listeners[place] = last
    last.place = place
  }

  // MARK: Telling them

  /// Tells everybody who does not know it yet: the same bytes.
  func tell(_ news: LiveNews) {
    for listener in listeners { news.tell(listener) }
    for join in joins { join.keep(news) }
  }
}

/// One message to all who follow a channel.
struct LiveNews {
  let seq: Int64
  let frame: EncodedFrame
  var removedUserIDs: [String] = []
  var closes = false

  func tell(_ listener: any LiveListener) {
    guard listener.seq < seq else { return }
    listener.seq = seq
    listener.send(frame)
    if closes || removedUserIDs.contains(listener.userID) { listener.end(.removed) }
  }
}

/// A socket that is about to open: what happens meanwhile is kept for it.
final class LiveJoin {
  let channel: LiveChannel
  let caller: Caller
  /// What it is told first, and up to which event that tells.
  var opening: [EncodedFrame] = []
  var seq: Int64 = 0
  private(set) var kept: [LiveNews] = []
  /// More has happened than is kept.
  private(set) var isOverrun = false

  private static let keptMax = 512

  init(_ channel: LiveChannel, _ caller: Caller) {
    self.channel = channel
    self.caller = caller
  }

  func keep(_ news: LiveNews) {
    guard kept.count < Self.keptMax else {
      isOverrun = true
      return
    }
    kept.append(news)
  }
}
