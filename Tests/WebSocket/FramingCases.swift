/// Classes 1 to 5, 9 and 10: frames, their lengths, control frames, reserved bits and fragments.
nonisolated enum FramingCases {
  static let all =
    lengths + pings + reservedBits + opcodes + fragments + limits

  private static let sizes = [0, 1, 125, 126, 127, 128, 4096, 65535, 65536]

  private static var lengths: [FrameCase] {
    sizes.flatMap { size in
      let letters = String(repeating: "*", count: size)
      let bytes = [UInt8](repeating: 0xFE, count: size)
      return [
        FrameCase("1.1 text of \(size) bytes", [text(letters)], [.text(letters)]),
        FrameCase("1.2 binary of \(size) bytes", [frame(2, bytes)], [.binary(bytes)]),
      ]
    } + [
      FrameCase(
        "1.1 a mask of zeros", [frame(1, [0x61], mask: [0, 0, 0, 0])], [.text("a")])
    ]
  }

  private static let pings: [FrameCase] = [
    FrameCase("2.1 without payload", [ping()], [.pong("")]),
    FrameCase("2.2 with payload", [ping("Hello, world!")], [.pong("Hello, world!")]),
    FrameCase(
      "2.4 of 125 bytes", [ping(String(repeating: "a", count: 125))],
      [.pong(String(repeating: "a", count: 125))]),
    FrameCase(
      "2.5 of 126 bytes", [frame(9, [UInt8](repeating: 0x61, count: 126))], [.close(1002)]),
    FrameCase("2.7 a pong nobody asked for", [frame(10), ping("x")], [.pong("x")]),
    FrameCase("2.8 a pong with payload", [frame(10, [1, 2, 3]), ping("x")], [.pong("x")]),
    FrameCase(
      "2.10 ten pings", (0..<10).map { ping("payload \($0)") },
      (0..<10).map { .pong("payload \($0)") }),
    FrameCase(
      "2.x a pong of 126 bytes", [frame(10, .init(repeating: 0, count: 126))], [.close(1002)]),
  ]

  private static var reservedBits: [FrameCase] {
    (1...7).flatMap { bits -> [FrameCase] in
      let bits = UInt8(bits)
      return [
        FrameCase("3.1 text with \(bits)", [text("x", reserved: bits)], [.close(1002)]),
        FrameCase(
          "3.2 text, then text with \(bits), then a ping",
          [text("x"), text("y", reserved: bits), ping()], [.text("x"), .close(1002)]),
        FrameCase("3.5 binary with \(bits)", [frame(2, [1], reserved: bits)], [.close(1002)]),
        FrameCase("3.6 ping with \(bits)", [frame(9, [1], reserved: bits)], [.close(1002)]),
        FrameCase("3.7 close with \(bits)", [frame(8, reserved: bits)], [.close(1002)]),
        FrameCase(
          "3.x a continuation with \(bits)",
          [text("a", isFinal: false), frame(0, [0x62], reserved: bits)], [.close(1002)]),
      ]
    }
  }

  private static var opcodes: [FrameCase] {
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap { opcode -> [FrameCase] in
      [
        FrameCase("4.1 opcode \(opcode)", [frame(opcode), ping()], [.close(1002)]),
        FrameCase("4.2 opcode \(opcode) with payload", [frame(opcode, [1])], [.close(1002)]),
        FrameCase(
          "4.3 text, then opcode \(opcode)", [text("x"), frame(opcode), ping()],
          [.text("x"), .close(1002)]),
      ]
    }
  }

  private static var fragments: [FrameCase] {
    let pinged = [text("frag1", isFinal: false), ping("ping"), more("frag2", isFinal: true)]
    let first = text("fragment1", isFinal: false)
    let last = more("fragment2", isFinal: true)
    let whole = Reply.text("fragment1fragment2")
    return [
      FrameCase(
        "5.1 a ping in pieces", [frame(9, [1], isFinal: false), frame(0, [2])], [.close(1002)]),
      FrameCase(
        "5.2 a pong in pieces", [frame(10, [1], isFinal: false), frame(0, [2])], [.close(1002)]),
      FrameCase("5.3 text in two", [first, last], [whole]),
      FrameCase("5.6 a ping between", pinged, [.pong("ping"), .text("frag1frag2")]),
      FrameCase(
        "5.9 an end without beginning", [more("x", isFinal: true), text("y")], [.close(1002)]),
      FrameCase("5.12 a middle without beginning", [more("x"), text("y")], [.close(1002)]),
      FrameCase(
        "5.15 an end after the end", [first, last, more("x"), text("y")], [whole, .close(1002)]),
      FrameCase("5.18 text inside text", [first, text("x")], [.close(1002)]),
      FrameCase("5.18 binary inside text", [first, frame(2, [1])], [.close(1002)]),
      FrameCase(
        "5.19 pings everywhere",
        [
          text("1", isFinal: false), more("2"), ping("p1"), more("3"), more("4"), ping("p2"),
          more("5", isFinal: true),
        ], [.pong("p1"), .pong("p2"), .text("12345")]),
      FrameCase(
        "5.x empty fragments",
        [text("", isFinal: false), more(""), more("a"), more(""), more("", isFinal: true)],
        [.text("a")]),
      FrameCase(
        "5.x nothing in two", [text("", isFinal: false), more("", isFinal: true)], [.text("")]),
      FrameCase(
        "5.x two messages, the second alone", [first, last, text("x")], [whole, .text("x")]),
      FrameCase(
        "5.x binary in three",
        [frame(2, [1], isFinal: false), frame(0, [2], isFinal: false), frame(0, [3])],
        [.binary([1, 2, 3])]),
    ]
  }

  private static let limits: [FrameCase] = {
    let full = String(repeating: "a", count: 65536)
    let half = String(repeating: "b", count: 32768)
    return [
      FrameCase("9.1 a byte too many", [text(full + "a")], [.close(1009)]),
      FrameCase(
        "9.1 a byte too many, binary", [frame(2, Array((full + "a").utf8))], [.close(1009)]),
      FrameCase(
        "9.2 a terabyte announced", [frame(2, [1], length: .announced(1 << 40))], [.close(1009)]),
      FrameCase(
        "9.3 the limit in two", [text(half, isFinal: false), more(half, isFinal: true)],
        [.text(half + half)]),
      FrameCase(
        "9.4 over the limit in three",
        [text(half, isFinal: false), more(half), more("c", isFinal: true)], [.close(1009)]),
      FrameCase(
        "9.5 the limit in fragments of 64 bytes",
        [text("", isFinal: false)]
          + (0..<1024).map { _ in more(String(repeating: "c", count: 64)) }
          + [more("", isFinal: true)], [.text(String(repeating: "c", count: 65536))]),
      FrameCase(
        "9.x a length of 63 bits", [frame(2, [1], length: .announced(1 << 63))], [.close(1002)]),
      FrameCase(
        "9.x two bytes for a length of five", [frame(1, [1, 2, 3, 4, 5], length: .two)],
        [.close(1002)]),
      FrameCase(
        "9.x eight bytes for a length of five", [frame(1, [1, 2, 3, 4, 5], length: .eight)],
        [.close(1002)]),
      FrameCase("9.x unmasked", [frame(1, [0x61], mask: nil)], [.close(1002)]),
      FrameCase(
        "9.x an unmasked ping", [text("x"), frame(9, mask: nil)], [.text("x"), .close(1002)]),
      FrameCase(
        "10.1 64 KiB in frames of 1300 bytes", inFrames(of: 1300, Array(full.utf8)), [.text(full)]),
    ]
  }()

  private static func inFrames(of size: Int, _ bytes: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: size).map { start in
      let end = min(start + size, bytes.count)
      return frame(start == 0 ? 1 : 0, Array(bytes[start..<end]), isFinal: end == bytes.count)
    }
  }
}
