import EventLoop
import EventLoopTesting
import Glibc
import Testing

@Suite struct LoopTimerTests {
  @Test func timersFireInTheOrderOfTheirDeadlines() async throws {
    let order = try await onLoop {
      var order: [Int] = []
      await withCheckedContinuation { continuation in
        EventLoop.shared.schedule(after: .milliseconds(3)) {
          order.append(3)
          continuation.resume()
        }
        EventLoop.shared.schedule(after: .milliseconds(1)) { order.append(1) }
        EventLoop.shared.schedule(after: .milliseconds(2)) { order.append(2) }
      }
      return order
    }
    #expect(order == [1, 2, 3])
  }

  @Test func aCancelledTimerNeverFires() async throws {
    let fired = try await onLoop {
      var fired = false
      let timer = EventLoop.shared.schedule(after: .milliseconds(1)) { fired = true }
      timer.cancel()
      timer.cancel()
      await withCheckedContinuation { continuation in
        EventLoop.shared.schedule(after: .milliseconds(3)) { continuation.resume() }
      }
      return fired
    }
    #expect(!fired)
  }

  @Test func aHundredThousandTimersCanBePendingAndCancelled() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed", seed)
    var generator = SeededGenerator(seed: seed)
    let last = try await onLoop {
      var timers: [LoopTimer] = []
      for _ in 0..<100_000 {
        let delay = Duration.seconds(Int.random(in: 60...600, using: &generator))
        timers.append(EventLoop.shared.schedule(after: delay) { Issue.record("fired early") })
      }
      timers.shuffle(using: &generator)
      for timer in timers { timer.cancel() }
      return await withCheckedContinuation { continuation in
        EventLoop.shared.schedule(after: .zero) { continuation.resume(returning: true) }
      }
    }
    #expect(last)
  }
}

@Suite struct BlockingPoolTests {
  @Test func theBodyRunsOnAnotherThread() async throws {
    let pool = BlockingPool(threads: 1, queueLimit: 4)
    let loopThread = pthread_self()
    let isOther = try await onLoop { try await pool.run { pthread_self() != loopThread } }
    #expect(isOther)
  }

  @Test func aFullQueueIsSaidAtOnce() async throws {
    let pool = BlockingPool(threads: 1, queueLimit: 1)
    let gate = Gate()
    try await onLoop {
      let first = Task { try await pool.run { gate.wait() } }
      await until { gate.isWaiting }
      let second = Task { try await pool.run {} }
      await until { pool.queued == 1 }
      await #expect(throws: BlockingPool.Full.self) { try await pool.run {} }
      gate.open()
      try await first.value
      try await second.value
    }
  }
}

@Suite struct SignalTests {
  // Without an await: the signal is this thread's, and a test may continue on another.
  @Test func aSignalIsAnEventOfTheLoop() {
    var received: Int32?
    let source = SignalSource([SIGUSR2]) { received = $0 }
    defer { source.close() }
    pthread_kill(pthread_self(), SIGUSR2)
    EventLoop.shared.turn(waitingAtMost: .seconds(1))
    #expect(received == SIGUSR2)
  }
}

@Suite struct DeadlineTests {
  @Test func aPastDeadlineHasNothingLeft() {
    #expect(Deadline(nanoseconds: 0).hasPassed)
    #expect(Deadline(nanoseconds: 0).remaining == .zero)
    #expect(!Deadline.distantFuture.hasPassed)
    #expect(Deadline.after(.seconds(60)).remaining > .seconds(59))
    #expect(Deadline.after(.seconds(-1)).hasPassed)
  }
}

/// Turns until the condition holds.
func until(_ condition: () -> Bool) async {
  while !condition() { await Task.yield() }
}
