import Testing

@testable import Security

struct EncodingTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64OfTheRFC(_ text: String, _ encoded: String) {
    #expect(Base64URL.encode(Array(text.utf8)) == encoded)
    #expect(Base64URL.decode(encoded) == Array(text.utf8))
  }

  @Test func allBytesComeBack() {
    for count in 0..<70 {
      let bytes = RandomBytes.make(count)
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
      #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8")
  }

  @Test(arguments: ["Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm8 ", "+/8", "Zm\n8", "Zmé", "Zm9vYmF\u{0}"])
  func eachByteStringHasOneText(_ text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test(arguments: ["a", "0g", "0x10", "é0"])
  func wrongHexIsRefused(_ text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test func randomBytesDiffer() {
    #expect(RandomBytes.make(0).isEmpty)
    #expect(RandomBytes.make(1000).count == 1000)
    #expect(Set((0..<100).map { _ in RandomBytes.make(16) }).count == 100)
    #expect(RandomBytes.token().byteCount == 43)
  }
}
