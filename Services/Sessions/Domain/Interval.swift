/// A half-open stretch of time, in milliseconds since the epoch: `end` is no longer in it.
nonisolated struct Interval: Hashable, Sendable {
  var start: Int64
  var end: Int64

  var milliseconds: Int64 { end - start }
}
