import Testing

@testable import Security

struct SealedBoxTests {
  private let box = SealedBox(key: [UInt8](0..<32))

  @Test(arguments: [0, 1, 15, 16, 17, 5000])
  func whatIsSealedCanBeOpened(count: Int) {
    let text = RandomBytes.make(count)
    let sealed = box.seal(text)
    #expect(sealed.count == count + 28)
    #expect(box.open(sealed) == text)
    #expect(box.seal(text) != sealed)
  }

  /// Sealed by Python's cryptography: AESGCM(bytes(range(32))).encrypt(bytes(range(12)), b"focal").
  @Test func whatOthersSealedCanBeOpened() {
    let sealed: [UInt8] = [
      33, 109, 181, 122, 169, 97, 220, 49, 192, 159, 51, 121, 134, 190, 116, 243, 19, 145, 111, 224,
      34,
    ]
    #expect(box.open([UInt8](0..<12) + sealed) == Array("focal".utf8))
  }

  @Test func anyChangeIsSeen() {
    let sealed = box.seal(Array("focal".utf8))
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      #expect(box.open(changed) == nil)
    }
    #expect(box.open(Array(sealed.dropLast())) == nil)
    #expect(box.open([]) == nil)
    #expect(SealedBox(key: [UInt8](1..<33)).open(sealed) == nil)
  }
}
