import Testing
import Wire

@testable import Security

struct APITokenTests {
  @Test func aTokenIsReadAgain() throws {
    let token = APIToken()
    let text = token.text.reveal()
    #expect(text.hasPrefix("focal_") && text.utf8.count == APIToken.characterCount)
    let again = try #require(APIToken(parsing: token.text))
    #expect(again.hash == token.hash && token.hash == Digest.sha256(text))
    #expect(text.hasPrefix(token.shown) && token.shown.utf8.count == 10)
    #expect(APIToken().hash != token.hash)
  }

  @Test func aChangedTokenIsNone() {
    let text = APIToken().text.reveal()
    var bytes = Array(text.utf8)
    for index in bytes.indices {
      let before = bytes[index]
      bytes[index] = before == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(APIToken(parsing: Secret(String(decoding: bytes, as: UTF8.self))) == nil)
      bytes[index] = before
    }
    for other in ["", "focal_", String(text.dropLast()), text + "A"] {
      #expect(APIToken(parsing: Secret(other)) == nil)
    }
  }
}
