/// Class 7: the end.
nonisolated enum CloseCases {
  static let all = orders + payloads + codes

  private static let orders: [FrameCase] = [
    FrameCase(
      "7.1 text, then close", [text("Hello"), closing(1000)], [.text("Hello"), .close(1000)]),
    FrameCase("7.1 close twice", [closing(1000), closing(1000)], [.close(1000)]),
    FrameCase("7.1 a ping after close", [closing(1000), ping("x")], [.close(1000)]),
    FrameCase("7.1 text after close", [closing(1000), text("x")], [.close(1000)]),
    FrameCase(
      "7.1 close inside a message",
      [text("fragment1", isFinal: false), closing(1000), more("fragment2", isFinal: true)],
      [.close(1000)]),
    FrameCase("7.1 rubbish after close", [closing(1000), [0xFF, 0xFF, 0xFF]], [.close(1000)]),
    FrameCase("7.1 a violation, then more", [frame(3), text("x"), closing(1000)], [.close(1002)]),
    FrameCase("7.1 close in pieces", [frame(8, [0x03, 0xE8], isFinal: false)], [.close(1002)]),
  ]

  private static let payloads: [FrameCase] = [
    FrameCase("7.3 empty", [closing()], [.close(nil)]),
    FrameCase("7.3 one byte", [frame(8, [0x03])], [.close(1002)]),
    FrameCase("7.3 a code", [closing(1000)], [.close(1000)]),
    FrameCase("7.3 a code and a reason", [closing(1000, "Hello World!")], [.close(1000)]),
    FrameCase(
      "7.3 a reason of 123 bytes", [closing(1000, String(repeating: "*", count: 123))],
      [.close(1000)]),
    FrameCase(
      "7.3 a reason of 124 bytes",
      [frame(8, [0x03, 0xE8] + [UInt8](repeating: 0x2A, count: 124))], [.close(1002)]),
    FrameCase(
      "7.5 a reason that is no UTF-8", [frame(8, [0x03, 0xE8, 0xCE, 0xBA, 0xED, 0xA0, 0x80])],
      [.close(1007)]),
    FrameCase("7.5 a reason that is cut", [frame(8, [0x03, 0xE8, 0xCE])], [.close(1007)]),
  ]

  private static var codes: [FrameCase] {
    let good: [UInt16] = [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
      4401,
      4999,
    ]
    let bad: [UInt16] = [
      0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ]
    return good.map { FrameCase("7.7 the code \($0)", [closing($0)], [.close($0)]) }
      + bad.map { FrameCase("7.9 the code \($0)", [closing($0)], [.close(1002)]) }
      + bad.map {
        FrameCase("7.13 the code \($0) and a reason", [closing($0, "x")], [.close(1002)])
      }
  }
}
