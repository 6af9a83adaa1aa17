extension PostgresConnection {
  /// What ends the implicit transaction that a statement belongs to.
  enum Segment {
    /// Shared with the other reads of this turn: one Sync for all of them.
    case shared
    /// By itself: an error of a neighbour cannot undo it.
    case own
    /// In the segment (or the transaction block) that is open; a Sync follows.
    case continued
  }

  /// What a statement's answer gives back to the pool: the place of one statement, or all of the
  /// connection.
  enum Release { case nothing, shared, exclusive }

  /// How a statement is sent, and until when its answer is waited for (monotonic nanoseconds).
  struct Terms {
    var segment: Segment
    var sentAt: UInt64
    var deadline: UInt64
    var release = Release.nothing
  }
}
