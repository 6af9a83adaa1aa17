import Testing

@testable import Sessions

struct AttendanceTests {
  private let grace: Int64 = 30_000
  private var somebody = Attendance()

  private mutating func elapse(at now: Int64) {
    somebody.elapse(at: now, graceMilliseconds: grace)
  }

  @Test mutating func whoNeverHadASocketIsThere() {
    elapse(at: 1_000_000)
    somebody.unlink("g1", at: 2_000_000)
    elapse(at: 3_000_000)
    #expect(!somebody.isIdle)
    #expect(somebody == Attendance())
  }

  @Test mutating func aBreakShorterThanTheGraceIsPresence() {
    somebody.link("g1")
    somebody.unlink("g1", at: 1000)
    elapse(at: 1000 + grace - 1)
    #expect(!somebody.isIdle)
    somebody.link("g2")
    elapse(at: 1000 + grace)
    #expect(!somebody.isIdle)
    #expect(somebody.links == ["g2"])
  }

  @Test mutating func whoIsGoneForTheGraceIsIdleUntilTheyAreBack() {
    somebody.link("g1")
    somebody.unlink("g1", at: 1000)
    elapse(at: 1000 + grace)
    #expect(somebody.isIdle)
    #expect(somebody.lostAt == nil)
    somebody.link("g1")
    #expect(!somebody.isIdle)
  }

  @Test mutating func theLastOfSeveralSocketsCounts() {
    somebody.link("g1")
    somebody.link("g2")
    somebody.link("g1")
    somebody.unlink("g1", at: 1000)
    #expect(somebody.lostAt == nil)
    somebody.unlink("g1", at: 2000)
    somebody.unlink("g2", at: 3000)
    somebody.unlink("g2", at: 4000)
    #expect(somebody.lostAt == 3000)
  }

  @Test mutating func whatSomebodySaysStaysOverABreak() {
    somebody.link("g1")
    somebody.say(isIdle: true)
    somebody.unlink("g1", at: 1000)
    elapse(at: 1000 + grace)
    somebody.link("g1")
    #expect(somebody.isIdle)
    somebody.say(isIdle: false)
    #expect(!somebody.isIdle)
  }

  @Test mutating func whoSaysThatTheyAreThereIsThere() {
    somebody.link("g1")
    somebody.unlink("g1", at: 1000)
    elapse(at: 1000 + grace)
    somebody.say(isIdle: false)
    elapse(at: 10 * grace)
    #expect(!somebody.isIdle)
  }

  @Test mutating func linksAreBounded() {
    for number in 0..<Attendance.linksMax + 3 { somebody.link("g\(number)") }
    #expect(somebody.links.count == Attendance.linksMax)
    #expect(somebody.links.first == "g3")
  }
}

struct GatewayWatchTests {
  private var watch = GatewayWatch(leaseNanoseconds: 30)

  private mutating func look(_ seenAt: Int64?, at now: UInt64) -> [String] {
    watch.look(seenAt.map { [("g1", $0)] } ?? [], at: now)
  }

  @Test mutating func whoIsSilentForTheLeaseIsGone() {
    for (seenAt, now) in [(1, 0), (2, 20), (2, 50)] as [(Int64, UInt64)] {
      let gone = look(seenAt, at: now)
      #expect(gone.isEmpty)
    }
    let gone = look(2, at: 51)
    #expect(gone == ["g1"])
  }

  @Test mutating func anOldLeaseIsWatchedFirst() {
    let first = look(-1_000_000, at: 1_000_000)
    let renewed = look(0, at: 1_000_031)
    #expect(first.isEmpty && renewed.isEmpty)
  }

  @Test mutating func whatCouldNotBeSeenIsNoSilence() {
    _ = look(1, at: 0)
    watch.lose()
    let again = look(1, at: 100)
    #expect(again.isEmpty)
    let gone = look(1, at: 131)
    #expect(gone == ["g1"])
  }

  @Test mutating func whoIsForgottenIsWatchedAnew() {
    _ = look(1, at: 0)
    _ = look(nil, at: 10)
    let gone = look(1, at: 31)
    #expect(gone.isEmpty)
  }
}
