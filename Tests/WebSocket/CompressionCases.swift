@testable import WebSocket

/// Classes 12 and 13: permessage-deflate.
enum CompressionCases {
  static let all = examples + sizes + refusals + bounds

  private static func compressed(
    _ name: String, _ frames: [[UInt8]], _ replies: [Reply]
  ) -> FrameCase {
    FrameCase(name, frames, replies, isCompressed: true)
  }

  private static func message(_ bytes: [UInt8], opcode: UInt8 = 1) -> [UInt8] {
    frame(opcode, bytes, reserved: 4)
  }

  /// Those of RFC 7692, section 7.2.3.
  private static let examples: [FrameCase] = [
    compressed(
      "12.1 one block", [message([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])], [.text("Hello")]),
    compressed(
      "12.1 in fragments",
      [
        frame(1, [0xF2, 0x48, 0xCD], isFinal: false, reserved: 4),
        frame(0, [0xC9, 0xC9, 0x07, 0x00]),
      ], [.text("Hello")]),
    compressed(
      "12.1 the same message again, without the first one's window",
      [
        message([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
        message([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
      ], [.text("Hello"), .text("Hello")]),
    compressed(
      "12.1 one that refers to the last message",
      [
        message([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
        message([0xF2, 0x00, 0x11, 0x00, 0x00]),
      ], [.text("Hello"), .close(1007)]),
    compressed(
      "12.1 a block without compression",
      [message([0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00])],
      [.text("Hello")]),
    compressed(
      "12.1 a final block", [message([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])],
      [.text("Hello")]),
    compressed(
      "12.1 two blocks",
      [message([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00])],
      [.text("Hello")]),
    compressed("12.1 nothing", [message([0x00])], [.text("")]),
    compressed("12.1 a plain message among them", [text("Hello")], [.text("Hello")]),
    compressed(
      "12.1 a ping inside",
      [
        frame(1, [0xF2, 0x48, 0xCD], isFinal: false, reserved: 4), ping("x"),
        frame(0, [0xC9, 0xC9, 0x07, 0x00]),
      ], [.pong("x"), .text("Hello")]),
  ]

  private static var sizes: [FrameCase] {
    [0, 16, 64, 127, 128, 256, 1024, 4096, 8192, 16384, 32768, 65536].flatMap { size in
      let words = String(repeating: "{\"n\":7}\n", count: size / 8 + 1).prefix(size)
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 2_654_435_761 >> 13) }
      return [
        compressed(
          "12.2 text of \(size) bytes", [message(deflated(String(words)))], [.text(String(words))]),
        compressed(
          "12.4 binary of \(size) bytes", [message(deflated(bytes), opcode: 2)], [.binary(bytes)]),
      ]
    }
  }

  private static var refusals: [FrameCase] {
    let whole = deflated(String(repeating: "abc", count: 500))
    return [
      compressed("13.1 RSV2 beside RSV1", [frame(1, whole, reserved: 6)], [.close(1002)]),
      compressed("13.1 RSV3 beside RSV1", [frame(1, whole, reserved: 5)], [.close(1002)]),
      compressed("13.1 a deflated ping", [frame(9, [1], reserved: 4)], [.close(1002)]),
      compressed("13.1 a deflated close", [frame(8, reserved: 4)], [.close(1002)]),
      compressed(
        "13.1 RSV1 on a later fragment",
        [frame(1, [0xF2], isFinal: false, reserved: 4), frame(0, [0x48], reserved: 4)],
        [.close(1002)]),
      compressed("13.2 no DEFLATE", [message([0xFF, 0xFF, 0xFF, 0xFF])], [.close(1007)]),
      compressed("13.2 cut off", [message(Array(whole.dropLast(3)))], [.close(1007)]),
      compressed("13.2 no payload", [message([])], [.close(1007)]),
      compressed("13.3 no UTF-8", [message(deflated([0x61, 0xED, 0xA0, 0x80]))], [.close(1007)]),
      compressed("13.3 half a character", [message(deflated([0x61, 0xC3]))], [.close(1007)]),
    ]
  }

  private static var bounds: [FrameCase] {
    let bomb = deflated([UInt8](repeating: 0, count: 16 << 20))
    let tooMuch = deflated([UInt8](repeating: 0x61, count: 65537))
    return [
      compressed("13.4 a byte too many", [message(tooMuch)], [.close(1009)]),
      compressed("13.4 a bomb of 16 MiB", [message(bomb, opcode: 2)], [.close(1009)]),
      compressed(
        "13.4 more than could be inflated",
        [frame(2, [UInt8](repeating: 0, count: 70000), reserved: 4)], [.close(1009)]),
      compressed(
        "13.4 more than could be inflated, in fragments",
        [frame(2, [UInt8](repeating: 0, count: 60000), isFinal: false, reserved: 4)]
          + [frame(0, [UInt8](repeating: 0, count: 10000))], [.close(1009)]),
    ]
  }
}
