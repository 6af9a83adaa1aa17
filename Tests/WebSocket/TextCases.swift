/// Class 6: UTF-8.
nonisolated enum TextCases {
  static let all = valid + invalid + split

  /// Borders of the forms, and what looks like no character but is one.
  private static let scalars: [UInt32] = [
    0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE,
    0x10FFFF,
  ]

  private static var valid: [FrameCase] {
    let words = ["Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "日本語 العربية 🎯🧑‍💻"]
    let singles = scalars.compactMap(Unicode.Scalar.init).map { String(Character($0)) }
    return (words + singles).map {
      FrameCase("6.1 valid \($0.unicodeScalars.map(\.value))", [text($0)], [.text($0)])
    }
  }

  /// What is no UTF-8, after an ASCII letter.
  static let malformed: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2],
    [0xE0, 0x80, 0x80],
    [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xAF, 0xBF],
    [0xED, 0xBF, 0xBF], [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
    [0xF0, 0x90, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    [0xF7, 0xBF, 0xBF, 0xBF],
    [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80],
  ]

  private static var invalid: [FrameCase] {
    malformed.flatMap { bytes in
      [
        FrameCase("6.3 invalid \(bytes)", [frame(1, [0x61] + bytes), ping()], [.close(1007)]),
        FrameCase(
          "6.3 invalid \(bytes) in the last fragment",
          [text("abcdefghij", isFinal: false), frame(0, bytes)], [.close(1007)]),
        FrameCase("6.3 binary \(bytes)", [frame(2, bytes)], [.binary(bytes)]),
      ]
    }
  }

  private static var split: [FrameCase] {
    let words = "Hello-µ@ßöäüàá-🎯"
    let bytes = Array(words.utf8)
    let cuts = bytes.indices.map { cut in
      FrameCase(
        "6.2 cut behind \(cut) bytes",
        [frame(1, Array(bytes[..<cut]), isFinal: false), frame(0, Array(bytes[cut...]))],
        [.text(words)])
    }
    let single = bytes.indices.map { index in
      frame(index == 0 ? 1 : 0, [bytes[index]], isFinal: index == bytes.count - 1)
    }
    return cuts + [
      FrameCase("6.2 a fragment for each byte", single, [.text(words)]),
      // The rest never comes: what is wrong already is refused at once (RFC 6455, section 8.1).
      FrameCase(
        "6.4 invalid in the first fragment",
        [frame(1, [0x61, 0xF4, 0x90], isFinal: false)], [.close(1007)]),
      FrameCase(
        "6.4 invalid in the first bytes of a frame",
        [Array(frame(1, [0x61, 0xF4, 0x90] + [UInt8](repeating: 0x61, count: 100)).prefix(20))],
        [.close(1007)]),
    ]
  }
}
