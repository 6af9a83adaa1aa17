import Testing

@testable import Security

struct DigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func sha256OfTheStandard(_ text: String, _ digest: String) {
    #expect(Hex.encode(Digest.sha256(text)) == digest)
    #expect(Hex.encode(Digest.sha256(Array(text.utf8))) == digest)
  }

  nonisolated struct HMACVector: Sendable {
    let key: String
    let data: String
    let digest: String
  }

  /// RFC 4231 section 4, test cases 1 to 4, 6 and 7; case 5 is about truncation.
  nonisolated static let rfc4231 = [
    HMACVector(
      key: String(repeating: "0b", count: 20), data: "4869205468657265",
      digest: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    HMACVector(
      key: "4a656665", data: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      digest: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    HMACVector(
      key: String(repeating: "aa", count: 20), data: String(repeating: "dd", count: 50),
      digest: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    HMACVector(
      key: "0102030405060708090a0b0c0d0e0f10111213141516171819",
      data: String(repeating: "cd", count: 50),
      digest: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    HMACVector(
      key: String(repeating: "aa", count: 131),
      data: Hex.encode(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)),
      digest: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    HMACVector(
      key: String(repeating: "aa", count: 131),
      data: Hex.encode(
        Array(
          ("This is a test using a larger than block-size key and a larger than block-size data. "
            + "The key needs to be hashed before being used by the HMAC algorithm.").utf8)),
      digest: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test(arguments: rfc4231)
  func hmacOfTheRFC(_ vector: HMACVector) throws {
    let key = try #require(Hex.decode(vector.key))
    let data = try #require(Hex.decode(vector.data))
    #expect(Hex.encode(Digest.hmac(data, key: key)) == vector.digest)
  }

  @Test func hmacContextMayBeUsedAgain() {
    let key = Array("Jefe".utf8)
    let context = Digest.hmacContext(key: key)
    for text in ["one", "", "two", "one"] {
      let bytes = Array(text.utf8)
      let again = bytes.withUnsafeBytes { Digest.hmac($0, in: context) }
      #expect(again == Digest.hmac(bytes, key: key))
    }
  }

  @Test func emptyKeyIsAKey() {
    #expect(
      Hex.encode(Digest.hmac([], key: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func equalityIsThatOfTheBytes() {
    #expect(constantTimeEquals("abc", "abc"))
    #expect(constantTimeEquals("", ""))
    #expect(!constantTimeEquals("abc", "abd"))
    #expect(!constantTimeEquals("abc", "ab"))
    // Equal for Swift, but not byte by byte.
    #expect(!constantTimeEquals("\u{e9}", "e\u{301}"))
  }
}
