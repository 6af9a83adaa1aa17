/// Tells which gateways are silent, by watching: one is gone that did not say anything while it was
/// watched for as long as its lease, without a break.
///
/// A lease's age alone would not do: after an outage of this service or of its database all leases
/// are old, since nobody could take their renewals.
nonisolated struct GatewayWatch: Sendable {
  private struct Watched {
    /// What the gateway said last.
    var seenAt: Int64
    /// Since when it has said nothing else, in monotonic nanoseconds.
    var since: UInt64
  }

  private let leaseNanoseconds: UInt64
  private var watched: [String: Watched] = [:]

  init(leaseNanoseconds: UInt64) { self.leaseNanoseconds = leaseNanoseconds }

  /// Takes when each gateway was seen last; returns those that are gone.
  mutating func look(_ gateways: [(id: String, seenAt: Int64)], at now: UInt64) -> [String] {
    var next: [String: Watched] = [:]
    var gone: [String] = []
    for gateway in gateways {
      var state = Watched(seenAt: gateway.seenAt, since: now)
      if let known = watched[gateway.id], known.seenAt == gateway.seenAt { state = known }
      if now - state.since > leaseNanoseconds { gone.append(gateway.id) }
      next[gateway.id] = state
    }
    watched = next
    return gone
  }

  /// Nothing could be seen: the watch begins again.
  mutating func lose() { watched.removeAll() }
}
