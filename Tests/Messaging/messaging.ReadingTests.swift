import Contracts
import EventLoopTesting
import Testing

@testable import Messaging

/// Any order of sending and reading, against a list that is simply counted.
@Suite(.enabled(if: ServiceDatabase.url != nil, "\(ServiceDatabase.isMissing)"))
struct ReadingTests {
  @Test(arguments: 0..<4) func unreadIsWhatCameAfterTheMark(_ run: Int) async throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    try await onLoop(within: .seconds(60)) {
      var random = SeededGenerator(seed: seed)
      let bench = try await Bench()
      let members = [Bench.anna, Bench.bert]
      var sent: [DirectMessage] = []
      // How many messages of the conversation each has behind the mark.
      var read = [0, 0]
      for step in 0..<120 {
        let who = Int.random(in: 0...1, using: &random)
        if sent.isEmpty || Int.random(in: 0..<3, using: &random) > 0 {
          sent.append(try await bench.send("\(step)", members[who], to: members[1 - who]))
        } else if Int.random(in: 0..<5, using: &random) == 0 {
          _ = try await bench.read(sent[0].conversationID, members[who])
          read[who] = sent.count
        } else {
          let index = Int.random(in: sent.indices, using: &random)
          _ = try await bench.read(sent[index].conversationID, upTo: sent[index].id, members[who])
          read[who] = max(read[who], index + 1)
        }
        for member in 0...1 {
          let expected = sent[read[member]...].count { $0.senderID != members[member] }
          let unread = try await bench.unread(members[member])
          #expect(unread == Int64(expected), "seed \(seed), step \(step)")
        }
      }
      let page = try await bench.service.getConversation(
        .init(conversationID: sent[0].conversationID, limit: 100), bench.context(Bench.anna))
      for message in page.messages?.items ?? [] {
        let index = sent.firstIndex { $0.id == message.id } ?? 0
        let receiver = message.receiverID == members[0] ? 0 : 1
        #expect(message.isRead == (index < read[receiver]), "seed \(seed)")
      }
      bench.close()
    }
  }
}
