/// What a leaderboard ranks by. The values are those of the contract's enum.
nonisolated enum RankedBy: Int32, CaseIterable, Sendable {
  case time = 1
  case badges = 2
  case points = 3
}

/// The top of a leaderboard, and one user's own place.
nonisolated struct Ranking: Hashable, Sendable {
  struct Place: Hashable, Sendable {
    var userID: String
    var rank: Int
    var score: Int
  }

  /// The highest score first; of the same, the larger id.
  let top: [Place]
  let mine: Place

  /// - Parameters:
  ///   - top: in order.
  ///   - score: one's own; 0 of who has nothing to rank by.
  ///   - above: how many have more.
  init(top: [(userID: String, score: Int)], of userID: String, score: Int, above: Int) {
    var places: [Place] = []
    places.reserveCapacity(top.count)
    for (index, entry) in top.enumerated() {
      // Who have the same share a rank, and the next ranks count on: 1, 1, 3.
      let rank = places.last.map { $0.score == entry.score ? $0.rank : index + 1 } ?? 1
      places.append(Place(userID: entry.userID, rank: rank, score: entry.score))
    }
    self.top = places
    mine = Place(userID: userID, rank: above + 1, score: score)
  }
}
