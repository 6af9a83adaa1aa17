import EventLoopTesting
import Testing

@testable import WebSocket

@Suite struct SessionTests {
  @Test(arguments: FramingCases.all + TextCases.all + CloseCases.all)
  func answersAsTheProtocolSays(_ testCase: FrameCase) { check(testCase) }

  @Test func answersAsTheExtensionSays() {
    for testCase in CompressionCases.all { check(testCase) }
  }

  /// The same answers in whatever pieces the bytes come.
  private func check(_ testCase: FrameCase) {
    let seed = UInt64.random(in: .min ... .max)
    var random = SeededGenerator(seed: seed)
    let input = testCase.input
    let pieces: [[Int]] = [
      [input.count],
      input.count < 5000 ? .init(repeating: 1, count: input.count) : [997, 61, 3, input.count],
      (0..<20).map { _ in Int.random(in: 1...4096, using: &random) } + [input.count],
    ]
    for sizes in pieces {
      var echo = EchoSession(isCompressed: testCase.isCompressed)
      var rest = input[...]
      for size in sizes where !rest.isEmpty {
        echo.receive(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      let (got, unframed) = replies(echo.sent)
      #expect(
        got == testCase.replies, "\(testCase.name), pieces of \(sizes.prefix(5)), seed \(seed)")
      #expect(unframed.isEmpty)
      #expect(echo.ends.count == (testCase.isEnded ? 1 : 0), "\(testCase.name)")
    }
  }

  @Test func ourCloseWaitsForThePeers() {
    var echo = EchoSession()
    echo.receive(text("one", isFinal: false))
    echo.close(4401, "expired")
    echo.close(1000, "twice")
    // What comes meanwhile is dropped, whatever it is.
    echo.receive(more("two", isFinal: true) + text("three") + ping() + more("four") + frame(3))
    #expect(replies(echo.sent).replies == [.close(4401)])
    #expect(echo.messages == 0)
    echo.receive(closing(4401) + text("five"))
    #expect(replies(echo.sent).replies == [.close(4401)])
    #expect(echo.heldBytes == 0)
  }

  @Test(arguments: [
    (String(repeating: "a", count: 200), 123), (String(repeating: "é", count: 100), 122),
    ("🎯" + String(repeating: "🎯", count: 40), 120), ("short", 5),
  ])
  func aReasonIsCutWhereACharacterEnds(reason: String, count: Int) {
    var echo = EchoSession()
    echo.close(1000, reason)
    #expect(echo.sent.count == 4 + count)
    #expect(String(validating: echo.sent[4...], as: UTF8.self) != nil)
  }

  @Test func nothingIsHeldBetweenMessages() {
    var echo = EchoSession(isCompressed: true)
    let large = String(repeating: "a", count: 60_000)
    echo.receive(text(large, isFinal: false))
    #expect(echo.heldBytes == 60_000)
    echo.receive(more("b", isFinal: true))
    echo.receive(frame(9, [1, 2, 3]))
    #expect(echo.heldBytes == 0)
  }

  @Test func aFrameIsDeflatedWhereItGains() {
    let long = EncodedFrame(text: String(repeating: "focal ", count: 100))
    let short = EncodedFrame(text: "{}")
    let bytes: [UInt8] = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 197 ^ $0 >> 3) }
    let noise = bytes.withUnsafeBytes { EncodedFrame(binary: $0) }
    #expect(long.byteCount(window: .largest) < 60)
    #expect(long.byteCount(window: nil) == 604)
    #expect(short.byteCount(window: .largest) == 4)
    #expect(noise.byteCount(window: .largest) <= 204)
    // 600 bytes may refer back 600 bytes: too far for a window of 512.
    #expect(long.byteCount(window: DeflateWindow(bits: 9)) == 604)
    #expect(long.byteCount(window: DeflateWindow(bits: 10)) < 60)
  }
}
