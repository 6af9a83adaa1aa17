@testable import Sessions

/// What can be seen of a timer and of one participant.
nonisolated struct Reading: Hashable {
  var status: RoomTimer.Status
  var phase: RoomTimer.Phase
  var cycle: Int
  /// Seconds.
  var remaining: Int
  /// Seconds of work that were credited so far.
  var earned: Int
}

/// The timer as one would write it first: a counter that is decremented each second.
nonisolated struct CountdownModel {
  private(set) var reading: Reading
  var isPresent = false
  /// Seconds of the current phase that are not credited yet.
  private var worked = 0
  private var hasBegun = false

  init(remaining: Int) {
    reading = Reading(status: .idle, phase: .work, cycle: 1, remaining: remaining, earned: 0)
  }

  mutating func tick(_ plan: RoomPlan) {
    guard reading.status == .running else { return }
    reading.remaining -= 1
    if isPresent { worked += 1 }
    if reading.remaining == 0 { finish(plan) }
  }

  mutating func start(_ plan: RoomPlan) {
    switch reading.status {
    case .running: break
    case .paused: reading.status = .running
    case .idle: begin(plan)
    case .completed:
      moveOn(plan)
      begin(plan)
    }
  }

  mutating func pause() {
    if reading.status == .running { reading.status = .paused }
  }

  mutating func complete(_ plan: RoomPlan) {
    guard reading.status != .completed else { return }
    finish(plan)
  }

  mutating func skip(_ plan: RoomPlan) {
    let begins = reading.status == .running && reading.phase == .work && plan.startsBreaks
    moveOn(plan)
    if begins { begin(plan) }
  }

  mutating func reset(_ plan: RoomPlan) {
    reading.phase = .work
    reading.cycle = 1
    reading.status = .idle
    hasBegun = false
    worked = 0
  }

  /// A phase that has not begun is as long as the plan says now.
  mutating func look(_ plan: RoomPlan) {
    if reading.status == .idle {
      reading.remaining = Int(plan.milliseconds(of: reading.phase) / 1000)
    }
  }

  private mutating func begin(_ plan: RoomPlan) {
    reading.status = .running
    reading.remaining = Int(plan.milliseconds(of: reading.phase) / 1000)
    worked = 0
    hasBegun = true
  }

  private mutating func moveOn(_ plan: RoomPlan) {
    if reading.phase == .work {
      reading.phase = reading.cycle % plan.longBreakEvery == 0 ? .longBreak : .shortBreak
    } else {
      reading.phase = .work
      reading.cycle += 1
    }
    reading.status = .idle
    hasBegun = false
    worked = 0
  }

  private mutating func finish(_ plan: RoomPlan) {
    if reading.phase == .work { reading.earned += worked }
    let startsBreak = reading.phase == .work && hasBegun && plan.startsBreaks
    reading.status = .completed
    reading.remaining = 0
    worked = 0
    if startsBreak {
      moveOn(plan)
      begin(plan)
    }
  }
}
