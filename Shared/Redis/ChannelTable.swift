/// Which channels are wanted, and what Redis knows of that: pure.
///
/// A channel's commands alternate and are answered in order, so it is as wanted when none of its
/// commands is under way.
nonisolated struct ChannelTable {
  private struct Channel {
    var isWanted = false
    /// What the last command asked for.
    var isAsked = false
    var underWay = 0
    var isSubscribed: Bool { isWanted && isAsked && underWay == 0 }
  }

  private var channels: [String: Channel] = [:]
  private var changed: [String] = []
  private(set) var wantedCount = 0
  private(set) var subscribedCount = 0

  var isComplete: Bool { subscribedCount == wantedCount }

  func isWanted(_ name: String) -> Bool { channels[name]?.isWanted ?? false }
  func isSubscribed(_ name: String) -> Bool { channels[name]?.isSubscribed ?? false }

  /// Returns whether that changes anything.
  mutating func want(_ name: String, _ isWanted: Bool) -> Bool {
    var channel = channels[name] ?? Channel()
    guard channel.isWanted != isWanted else { return false }
    if channel.isSubscribed { subscribedCount -= 1 }
    channel.isWanted = isWanted
    // Wanted again before anything was asked of Redis.
    if channel.isSubscribed { subscribedCount += 1 }
    wantedCount += isWanted ? 1 : -1
    channels[name] = channel
    changed.append(name)
    return true
  }

  /// What Redis must be asked, which counts as asked now.
  mutating func takeChanges() -> (subscribe: [String], unsubscribe: [String]) {
    var subscribe: [String] = []
    var unsubscribe: [String] = []
    for name in changed {
      guard var channel = channels[name] else { continue }
      if channel.isWanted == channel.isAsked {
        if !channel.isWanted, channel.underWay == 0 { channels[name] = nil }
        continue
      }
      channel.isAsked = channel.isWanted
      channel.underWay += 1
      channels[name] = channel
      if channel.isWanted { subscribe.append(name) } else { unsubscribe.append(name) }
    }
    changed.removeAll(keepingCapacity: true)
    return (subscribe, unsubscribe)
  }

  /// Redis has done a command. Returns whether the channel is subscribed to from now on.
  mutating func confirm(_ name: String) -> Bool {
    guard var channel = channels[name], channel.underWay > 0 else { return false }
    channel.underWay -= 1
    if !channel.isWanted, !channel.isAsked, channel.underWay == 0 {
      channels[name] = nil
      return false
    }
    channels[name] = channel
    guard channel.isSubscribed else { return false }
    subscribedCount += 1
    return true
  }

  /// The connection is gone, and with it all that was asked.
  mutating func reset() {
    channels = channels.filter { $0.value.isWanted }
      .mapValues { _ in Channel(isWanted: true) }
    changed = Array(channels.keys)
    subscribedCount = 0
  }
}
