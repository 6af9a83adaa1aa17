import Wire

/// The open sockets of this gateway, by device and by user, with their bounds.
final class SocketTable {
  private var socketsBySession: [String: [LiveSocket]] = [:]
  private var countByUser: [String: Int] = [:]
  private(set) var count = 0
  private let totalMax: Int
  private let perUserMax: Int

  init(totalMax: Int, perUserMax: Int) {
    self.totalMax = totalMax
    self.perUserMax = perUserMax
  }

  /// Takes a place for a socket that is about to open. Throws where none is left.
  func reserve(_ userID: String) throws(RPCError) {
    guard count < totalMax else { throw Self.full }
    guard countByUser[userID, default: 0] < perUserMax else { throw Self.tooMany }
    count += 1
    countByUser[userID, default: 0] += 1
  }

  /// The place is free again.
  func release(_ userID: String) {
    guard let places = countByUser[userID] else { return }
    count -= 1
    countByUser[userID] = places > 1 ? places - 1 : nil
  }

  func add(_ socket: LiveSocket) {
    socketsBySession[socket.holder.caller.sessionID, default: []].append(socket)
  }

  func remove(_ socket: LiveSocket) {
    let session = socket.holder.caller.sessionID
    socketsBySession[session]?.removeAll { $0 === socket }
    if socketsBySession[session]?.isEmpty == true { socketsBySession[session] = nil }
  }

  func sockets(ofSession id: String) -> [LiveSocket] { socketsBySession[id] ?? [] }

  private static let full = RPCError(
    .unavailable, "too_many_connections", "No further socket is opened here.",
    retryAfter: .seconds(5))
  private static let tooMany = RPCError(
    .resourceExhausted, "too_many_sockets", "You have too many open sockets.",
    retryAfter: .seconds(5))
}
