/// The encodings by which any text goes into a mail, whose lines are short and ASCII.
nonisolated enum MailText {
  /// The longest line that every server takes (RFC 5322 section 2.1.1), without its end.
  private static let lineBytesMax = 998

  /// A header's text: as it is where that is ASCII, else as encoded words (RFC 2047).
  static func header(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), text.utf8.count <= 200,
      !text.contains("=?")
    {
      return text
    }
    var words: [String] = []
    var bytes: [UInt8] = []
    // An encoded word ends between two characters of the text, and has 64 characters at the most: a
    // line of 78 takes it after the header's name.
    for character in text.unicodeScalars {
      let next = Array(String(character).utf8)
      if bytes.count + next.count > 39 {
        words.append(word(bytes))
        bytes.removeAll(keepingCapacity: true)
      }
      bytes += next
    }
    if !bytes.isEmpty { words.append(word(bytes)) }
    return words.joined(separator: "\r\n ")
  }

  private static func word(_ bytes: [UInt8]) -> String { "=?utf-8?B?\(base64(bytes))?=" }

  /// The body and how it is encoded. All lines end with CR LF, the last one too.
  static func body(_ text: String) -> (encoding: String, bytes: [UInt8]) {
    let lines = lines(of: text)
    let isPlain = lines.allSatisfy { line in
      line.count <= lineBytesMax && line.allSatisfy { $0 == 9 || $0 >= 0x20 && $0 < 0x7F }
    }
    var bytes: [UInt8] = []
    for line in lines {
      bytes += isPlain ? line : quotedPrintable(line)
      bytes += [13, 10]
    }
    return (isPlain ? "7bit" : "quoted-printable", bytes)
  }

  private static func lines(of text: String) -> [[UInt8]] {
    var lines: [[UInt8]] = [[]]
    var last: UInt8 = 0
    for byte in text.utf8 {
      switch byte {
      case 10 where last == 13: break
      case 10, 13: lines.append([])
      default: lines[lines.count - 1].append(byte)
      }
      last = byte
    }
    if lines.count > 1, lines[lines.count - 1].isEmpty { lines.removeLast() }
    return lines
  }

  /// One line by RFC 2045 section 6.7, folded at 76 characters.
  private static func quotedPrintable(_ line: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var column = 0
    for (index, byte) in line.enumerated() {
      let isLastBlank = (byte == 0x20 || byte == 9) && index == line.count - 1
      let isPlain = byte == 9 || byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "=")
      let piece =
        isPlain && !isLastBlank ? [byte] : [UInt8(ascii: "="), hex(byte >> 4), hex(byte & 15)]
      if column + piece.count > 75 {
        out += [UInt8(ascii: "="), 13, 10]
        column = 0
      }
      out += piece
      column += piece.count
    }
    return out
  }

  private static func hex(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        let isThere = index <= group.count
        out.append(isThere ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
