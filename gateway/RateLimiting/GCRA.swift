/// What a limiter says of one request.
struct RateDecision: Equatable {
  var isAllowed: Bool
  /// Requests that would be allowed at once after this one.
  var remaining: Int
  /// Microseconds until the next request is allowed; 0 when this one was.
  var retryAfterMicroseconds: Int64
  /// Microseconds until the whole limit is there again.
  var resetMicroseconds: Int64
}

/// The generic cell rate algorithm, as pure arithmetic. `gcra.lua` is the same in Redis; the tests
/// hold one against the other.
struct GCRA: Equatable {
  /// Microseconds between two requests at the steady rate.
  let interval: Double
  /// Microseconds that a full burst fills.
  let window: Double

  /// `limit` requests in `seconds`, all of them at once if they come so.
  init(limit: Double, seconds: Double) {
    window = seconds * 1_000_000
    interval = window / limit
  }

  /// Decides a request at `now` and moves the theoretical arrival time (microseconds).
  func decide(_ arrival: inout Double, now: Double) -> RateDecision {
    let earliest = max(arrival, now)
    let next = earliest + interval
    let wait = next - window - now
    guard wait <= 0 else {
      return RateDecision(
        isAllowed: false, remaining: 0, retryAfterMicroseconds: Int64(wait.rounded(.up)),
        resetMicroseconds: Int64((earliest - now).rounded(.up)))
    }
    arrival = next
    let full = next - now
    return RateDecision(
      isAllowed: true, remaining: Int(((window - full) / interval).rounded(.down)),
      retryAfterMicroseconds: 0, resetMicroseconds: Int64(full.rounded(.up)))
  }
}
