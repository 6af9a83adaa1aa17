import Testing
import Wire

struct ProtobufWriterTests {
  @Test func writesVarintsLengthsAndIDs() {
    var writer = ProtobufWriter()
    writer.field(1, 300)
    writer.field(2, 0)
    writer.field(3, "ab")
    writer.field(3, "")
    writer.words(4, 0x0102_0304_0506_0708)
    writer.message(5) { $0.fixed64(1, 1) }
    #expect(
      writer.bytes == [
        0x08, 0xAC, 0x02, 0x1A, 2, 0x61, 0x62, 0x22, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x2A, 9, 0x09, 1,
        0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test(arguments: [0, 1, 127, 128, 129, 16_383, 16_384, 70_000])
  func lengthsOfMessagesOfAnySizeAreRight(size: Int) {
    var writer = ProtobufWriter()
    writer.message(1) { outer in
      for _ in 0..<size { outer.present(1, 1) }
    }
    var length = 0
    var shift = 0
    var rest = writer.bytes.dropFirst()
    while let byte = rest.popFirst() {
      length |= Int(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    #expect(length == size * 2 && rest.count == size * 2)
  }
}

struct PercentEncodingTests {
  @Test(arguments: [("a%20b", "a b"), ("%C3%A9+", "é+"), ("", ""), ("%2f%2F", "//")])
  func decodes(_ text: String, _ decoded: String) {
    #expect(String(percentDecoding: text[...]) == decoded)
  }

  @Test(arguments: ["%", "%2", "%+1", "%g0", "%FF"])
  func refuses(_ text: String) {
    #expect(String(percentDecoding: text[...]) == nil)
  }
}
