import EventLoopTesting
import Redis
import Testing

@testable import Events

@Suite struct HandoverTests {
  @Test func anEventIsDoneWhenEverybodyHasTakenIt() {
    var handovers = Handovers()
    handovers.begin("e", everybody: 0b101, serverStart: "s")
    #expect(handovers.take("e", 0b001) == nil)
    #expect(handovers.taken("e") == 0b001)
    #expect(handovers.take("e", 0b001) == nil)
    #expect(handovers.take("e", 0b100) == Handovers.Done(id: "e", serverStart: "s"))
    #expect(handovers.take("e", 0b100) == nil)
    #expect(handovers.count == 0)
  }

  @Test func aSecondBeginningForgetsNobody() {
    var handovers = Handovers()
    handovers.begin("e", everybody: 0b111, serverStart: "s")
    _ = handovers.take("e", 0b001)
    handovers.begin("e", everybody: 0b111, taken: 0b010, serverStart: "later")
    // The server under which it was first handed over counts.
    #expect(handovers.take("e", 0b100) == Handovers.Done(id: "e", serverStart: "s"))
  }

  @Test func whatEverybodyHadTakenIsDoneAtOnce() {
    var handovers = Handovers()
    handovers.begin("e", everybody: 0b11, taken: 0b111, serverStart: "s")
    #expect(handovers.take("e", 0) != nil)
  }

  @Test func answersToWhatWasForgottenCountForNothing() {
    var handovers = Handovers()
    #expect(handovers.take("e", 1) == nil)
    handovers.begin("e", everybody: 1, serverStart: nil)
    handovers.forgetAll()
    #expect(handovers.take("e", 1) == nil)
  }

  @Test func itIsBounded() {
    var handovers = Handovers()
    for number in 0..<(Handovers.entriesMax + 10) {
      handovers.begin("\(number)", everybody: 3, serverStart: nil)
    }
    #expect(handovers.count == 10)
  }
}

@Suite struct DueRuleTests {
  @Test func behindAnOldEntryOnlyOlderRowsAreDue() {
    let empty = DueRule.age(StreamBacklog(length: 0, oldestAge: nil))
    #expect(empty == DueRule.lease + DueRule.clockMargin)
    let busy = DueRule.age(StreamBacklog(length: 9, oldestAge: .milliseconds(20)))
    #expect(busy == DueRule.lease + DueRule.clockMargin)
    let behind = DueRule.age(StreamBacklog(length: 9, oldestAge: .seconds(600)))
    #expect(behind == 600 + DueRule.clockMargin)
  }

  @Test func aFullStreamGetsNothing() {
    let full = StreamBacklog(length: DueRule.streamLengthMax, oldestAge: .seconds(1))
    #expect(DueRule.age(full) == nil)
  }

  @Test func failuresPauseTwiceAsLongEachTime() {
    #expect((0...7).map { DueRule.pause(failures: $0) } == [0, 2, 4, 8, 16, 32, 32, 32])
  }
}

@Suite struct StreamAnswerTests {
  @Test(arguments: [
    StreamAnswer(consumer: "messaging", eventIDs: ["a", "b"]),
    StreamAnswer(consumer: "messaging", eventIDs: []),
    StreamAnswer(consumer: "m", eventIDs: ["a"], outcome: .dead("two\nlines, and a \"quote\"")),
  ])
  func answersComeBack(answer: StreamAnswer) {
    #expect(StreamAnswer(bytes: answer.bytes) == answer)
  }

  @Test(arguments: ["", "taken", "taken\nx", "other\nx\ny", "taken\nx\ny\nz", "dead\nx\ny"])
  func anythingElseIsNone(text: String) {
    #expect(StreamAnswer(bytes: Array(text.utf8)) == nil)
  }
}
