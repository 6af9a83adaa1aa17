import Contracts
import Testing

@testable import Messaging

struct RuleTests {
  @Test func everythingIsWantedUntilItIsMuted() {
    let kinds = NotificationKind.allCases.map(\.rawValue)
    #expect(kinds.allSatisfy { MutedKinds().wants($0) })
    let change = MutedKinds.change([(2, false), (3, true), (4, nil)])
    #expect(change.muted == 0b100)
    #expect(change.unmuted == 0b1000)
    let muted = MutedKinds(bits: change.muted)
    #expect(kinds.filter { !muted.wants($0) } == [2])
  }

  @Test func aNotificationIsMadeSafeToKeep() throws {
    var event = NotificationRaised(
      id: Bench.anna.uppercased(), userID: Bench.bert, kind: .like,
      text: "a\0b" + String(repeating: "é", count: 600), subjectID: "post", actorID: "nobody",
      createdMs: 7)
    let raised = try #require(RaisedNotification(event))
    #expect(raised.id == Bench.anna)
    #expect(raised.text.hasPrefix("abé"))
    #expect(raised.text.count == RaisedNotification.textMax)
    #expect(raised.actorID == nil)
    event.kind = .unspecified
    #expect(RaisedNotification(event) == nil)
    event.kind = .like
    event.id = "no id"
    #expect(RaisedNotification(event) == nil)
  }
}
