/// Whether a participant is there: what they say, and whether they hold a socket.
///
/// Only who had a socket can lose it: who comes by REST alone is there until they say otherwise.
nonisolated struct Attendance: Hashable, Sendable {
  /// What they chose.
  var saysIdle = false
  /// The gateways on which they have a socket in the room.
  private(set) var links: [String] = []
  /// When the last one was gone; nil where there is one, never was one, or `isLost`.
  private(set) var lostAt: Int64?
  /// They have had none for longer than the grace.
  private(set) var isLost = false

  /// Who has sockets on more gateways than this loses the earliest.
  static let linksMax = 64

  init() {}

  /// As it was stored.
  init(saysIdle: Bool, links: [String], lostAt: Int64?, isLost: Bool) {
    self.saysIdle = saysIdle
    self.links = links
    self.lostAt = lostAt
    self.isLost = isLost
  }

  /// As others see them.
  var isIdle: Bool { saysIdle || isLost }

  func isLinked(to gateway: String) -> Bool { links.contains(gateway) }

  /// Their first socket on a gateway: whoever was lost is back.
  mutating func link(_ gateway: String) {
    if !isLinked(to: gateway) { links.append(gateway) }
    if links.count > Self.linksMax { links.removeFirst(links.count - Self.linksMax) }
    lostAt = nil
    isLost = false
  }

  /// Their last socket on a gateway is gone.
  mutating func unlink(_ gateway: String, at now: Int64) {
    guard isLinked(to: gateway) else { return }
    links.removeAll { $0 == gateway }
    if links.isEmpty { lostAt = now }
  }

  /// They say themselves whether they are there; then a socket that is gone says nothing any more.
  mutating func say(isIdle: Bool) {
    saysIdle = isIdle
    guard !isIdle else { return }
    lostAt = nil
    isLost = false
  }

  /// Takes them for lost once they have had no socket for as long as the grace.
  mutating func elapse(at now: Int64, graceMilliseconds: Int64) {
    guard let lostAt, lostAt + graceMilliseconds <= now else { return }
    self.lostAt = nil
    isLost = true
  }
}
