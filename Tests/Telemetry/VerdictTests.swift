import Testing

@testable import Courier
@testable import Telemetry

@Suite struct VerdictTests {
  private func verdict(_ status: Int, _ headers: (name: String, value: String)...) -> Verdict {
    Verdict(.success(OutgoingAnswer(status: status, headers: headers, body: [], isCut: false)))
  }

  @Test func whatWorkedIsTaken() {
    #expect(verdict(200) == .taken(pause: nil))
    #expect(verdict(202) == .taken(pause: nil))
  }

  @Test(arguments: [502, 503, 504])
  func whatMayPassIsTriedAgain(status: Int) {
    #expect(verdict(status) == .again(pause: nil))
    #expect(verdict(status, ("retry-after", "7")) == .again(pause: .seconds(7)))
  }

  @Test func nobodyThereIsTriedAgain() {
    #expect(Verdict(.failure(CourierError(.unreachable, ""))) == .again(pause: nil))
  }

  @Test(arguments: [301, 400, 401, 403, 404, 413, 500])
  func theOthersAreRefusals(status: Int) { #expect(verdict(status) == .refused) }

  @Test func tooManyMeansAPause() {
    #expect(verdict(429) == .again(pause: .seconds(60)))
    #expect(verdict(429, ("retry-after", "5")) == .again(pause: .seconds(5)))
    #expect(
      verdict(429, ("retry-after", "5"), ("x-sentry-rate-limits", "9:error:key"))
        == .again(pause: .seconds(9)))
  }

  @Test(arguments: ["-1", "NaN", "inf", "soon", "", "1e400"])
  func whatIsNoWaitIsNone(text: String) { #expect(Verdict.seconds(text) == nil) }

  @Test func noWishIsEndless() { #expect(Verdict.seconds("1e300") == Verdict.pauseMax) }

  @Test(arguments: [
    ("60:error:key", 60), ("60::organization", 60), ("60", 60),
    ("5:transaction:key, 7:default;error;security:organization", 7), ("9:error:a, 3:error:b", 9),
  ])
  func readsSentrysLimits(text: String, seconds: Int) {
    #expect(Verdict.errorLimit(text) == .seconds(seconds))
  }

  @Test(arguments: ["", ",", ":", "60:transaction:key", "x:error:key", "-5:error", ";;;:::,,,"])
  func limitsOfOthersAreNone(text: String) { #expect(Verdict.errorLimit(text) == nil) }

  @Test func aLimitMayComeWithWhatWasTaken() {
    #expect(
      verdict(200, ("x-sentry-rate-limits", "30:error:key")) == .taken(pause: .seconds(30)))
  }
}
