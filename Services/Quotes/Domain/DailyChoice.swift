/// Which quote a day gets: chosen by the date among those that its cycle has not shown yet. A cycle
/// shows every quote once; a quote that is added joins the cycle that is under way.
public enum DailyChoice {
  /// What a day was given.
  public struct Day: Equatable {
    public var quoteID: String
    public var cycle: Int

    public init(quoteID: String, cycle: Int) {
      self.quoteID = quoteID
      self.cycle = cycle
    }
  }

  /// The choice for `date` (`YYYY-MM-DD`), or nil if there is no quote at all.
  /// - Parameters:
  ///   - quotes: the ids of all quotes.
  ///   - shown: the ids that `cycle` has shown.
  public static func choose(
    for date: String, from quotes: [String], shown: Set<String>, cycle: Int
  ) -> Day? {
    let left = quotes.filter { !shown.contains($0) }
    let isNewCycle = left.isEmpty
    let candidates = isNewCycle ? quotes : left
    let chosen = candidates.min { left, right in
      let ranks = (rank(left, on: date), rank(right, on: date))
      return ranks.0 == ranks.1 ? left < right : ranks.0 < ranks.1
    }
    return chosen.map { Day(quoteID: $0, cycle: isNewCycle ? cycle + 1 : cycle) }
  }

  /// The same on every machine: FNV-1a over the date and the id.
  private static func rank(_ id: String, on date: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in date.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    // FNV's high bits depend little on the last bytes: mix them down.
    return (hash ^ (hash >> 29)) &* 0xbf58_476d_1ce4_e5b9
  }
}
