import EventLoop
import EventLoopTesting
import Testing

@testable import Sessions

struct AlarmTests {
  @Test func itRingsAtTheEarliestOfItsInstants() async throws {
    try await onLoop {
      var rings: [Int64] = []
      let begin = WallClock.milliseconds
      let alarm = Alarm(intervalMilliseconds: 60_000, now: { WallClock.milliseconds }) {
        rings.append(WallClock.milliseconds - begin)
      }
      alarm.start()
      while rings.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      let first = rings[0]
      alarm.set(at: begin + first + 90_000)
      alarm.set(at: begin + first + 60)
      alarm.set(at: begin + first + 30)
      while rings.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
      #expect(rings[1] >= first + 30)
      // Who is woken looks what comes next: the later ones are forgotten.
      alarm.set(at: WallClock.milliseconds)
      while rings.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
      alarm.stop()
      alarm.set(at: begin)
    }
  }

  @Test func whatIsSetWhileItActsIsNotMissed() async throws {
    try await onLoop {
      var rings = 0
      var alarm: Alarm?
      let made = Alarm(intervalMilliseconds: 60_000, now: { WallClock.milliseconds }) {
        rings += 1
        if rings < 3 { alarm?.set(at: WallClock.milliseconds + 5) }
        await Task.yield()
      }
      alarm = made
      made.start()
      while rings < 3 { try await Task.sleep(for: .milliseconds(1)) }
      made.stop()
    }
  }

  @Test func itRingsRegularlyBesides() async throws {
    try await onLoop {
      var rings = 0
      let alarm = Alarm(intervalMilliseconds: 5, now: { 0 }) { rings += 1 }
      alarm.start()
      while rings < 4 { try await Task.sleep(for: .milliseconds(1)) }
      alarm.stop()
    }
  }
}
