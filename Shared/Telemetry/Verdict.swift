import Courier

/// What an answer, or none, means for what was sent: pure.
nonisolated enum Verdict: Equatable {
  /// It arrived; with a pause the receiver wants nothing for as long.
  case taken(pause: Duration?)
  /// Later, perhaps; the pause is the receiver's wish.
  case again(pause: Duration?)
  /// Never.
  case refused

  /// A receiver's wish counts up to here.
  static let pauseMax = Duration.seconds(300)
  /// After a 429 that names no time.
  static let pauseDefault = Duration.seconds(60)

  init(_ answer: Result<OutgoingAnswer, CourierError>) {
    guard case .success(let answer) = answer else {
      self = .again(pause: nil)
      return
    }
    let limit = answer.header("x-sentry-rate-limits").flatMap(Self.errorLimit)
    let wish = limit ?? answer.header("retry-after").flatMap(Self.seconds)
    switch answer.status {
    case 200..<300: self = .taken(pause: limit)
    case 429: self = .again(pause: wish ?? Self.pauseDefault)
    case 502, 503, 504: self = .again(pause: wish)
    default: self = .refused
    }
  }

  /// Of `Retry-After` in seconds; a date is none of those that the receivers of telemetry send.
  static func seconds(_ text: String) -> Duration? {
    guard let seconds = Double(text), seconds.isFinite, seconds >= 0 else { return nil }
    return min(.milliseconds(Int64(min(seconds, 1e6) * 1000)), pauseMax)
  }

  /// Of `X-Sentry-Rate-Limits`, the longest that concerns errors: `60:error;default:key, 2700::org`.
  /// <https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/>
  static func errorLimit(_ text: String) -> Duration? {
    text.split(separator: ",").compactMap { group -> Duration? in
      let parts = group.split(separator: ":", omittingEmptySubsequences: false)
      guard let first = parts.first else { return nil }
      let categories = parts.count > 1 ? parts[1].split(separator: ";") : []
      guard categories.isEmpty || categories.contains("error") else { return nil }
      return seconds(String(first.filter { $0 != " " }))
    }.max()
  }
}
