import EventLoopTesting
import Testing

@testable import Sessions

/// The timer against one that really counts down, a second at a time.
struct RoomTimerModelTests {
  @Test(arguments: 0..<200)
  func anyOperationsInAnyOrderAgreeWithCountingDown(round: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    var plan = Self.plan(&random)
    var timer = RoomTimer()
    var model = CountdownModel(remaining: plan.seconds(of: .work))
    var presence = Presence(stays: [], since: nil)
    var earned = 0

    /// What the machine says somebody earned in a phase.
    func credit(_ phase: FinishedPhase) {
      if phase.phase == .work, let clock = presence.earned(of: phase) {
        earned += Int(clock.activeMilliseconds(now: 0) / 1000)
      }
      presence.stays = []
    }

    var now = 0
    for step in 0..<120 {
      // Several seconds may pass before anybody looks: the model counts each.
      let passing = Int.random(in: 0...40, using: &random)
      for _ in 0..<passing { model.tick(plan) }
      now += passing
      let instant = Int64(now) * 1000
      for phase in timer.advance(to: instant, plan) { credit(phase) }

      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1:
        timer.start(at: instant, plan)
        model.start(plan)
      case 2:
        try timer.pause(at: instant)
        model.pause()
      case 3:
        if let phase = timer.complete(at: instant, plan) { credit(phase) }
        model.complete(plan)
      case 4:
        timer.skip(at: instant, plan)
        presence.stays = []
        model.skip(plan)
      case 5 where step % 5 == 0:
        timer.reset()
        presence.stays = []
        model.reset(plan)
      case 6:
        if presence.since == nil { presence.since = instant } else { presence.leave(at: instant) }
        model.isPresent.toggle()
      case 7:
        plan = Self.plan(&random)
      default: break
      }
      model.look(plan)
      let seen = Reading(
        status: timer.status, phase: timer.phase, cycle: timer.cycle,
        remaining: Int(timer.remainingMilliseconds(at: instant, plan) / 1000), earned: earned)
      #expect(seen == model.reading, "seed \(seed), step \(step)")
      if seen != model.reading { return }
    }
  }

  private static func plan(_ random: inout SeededGenerator) -> RoomPlan {
    RoomPlan(
      workMilliseconds: .random(in: 1...60, using: &random) * 1000,
      breakMilliseconds: .random(in: 1...20, using: &random) * 1000,
      longBreakMilliseconds: .random(in: 1...40, using: &random) * 1000,
      longBreakEvery: .random(in: 1...4, using: &random),
      startsBreaks: .random(using: &random))
  }
}

extension RoomPlan {
  nonisolated fileprivate func seconds(of phase: RoomTimer.Phase) -> Int {
    Int(milliseconds(of: phase) / 1000)
  }
}
