import Security
import Testing
import Wire

struct SecretSealTests {
  let secret = [UInt8](1...20)
  let key = Secret("a key of at least thirty-two bytes")
  let other = Secret("another key of over thirty-two bytes")
  var seal: SecretSeal { SecretSeal("tests", key: key) }

  @Test func whatIsClosedIsOpenedAgain() throws {
    let stored = try #require(seal.close(secret))
    #expect(stored != seal.close(secret))
    #expect(stored.firstRange(of: secret) == nil)
    #expect(seal.open(stored) == secret)
  }

  @Test func anotherKeyOrUseOpensNothing() throws {
    let stored = try #require(seal.close(secret))
    #expect(SecretSeal("tests", key: other).open(stored) == nil)
    #expect(SecretSeal("others", key: key).open(stored) == nil)
    #expect(SecretSeal("tests", key: nil).open(stored) == nil)
    #expect(seal.open(secret) == nil && seal.open([]) == nil)
  }

  @Test func whileOneKeyReplacesAnotherBothOpen() throws {
    let both = SecretSeal("tests", key: other, other: key)
    let stored = try #require(seal.close(secret))
    #expect(both.hasKey && both.hasOtherKey && !seal.hasOtherKey)
    #expect(both.open(stored) == secret && !both.isClosed(stored))
    let new = try #require(both.close(secret))
    #expect(both.isClosed(new) && seal.open(new) == nil)
    #expect(!both.isClosed(secret))
  }

  @Test func withoutAKeyNothingIsClosed() {
    let none = SecretSeal("tests", key: nil)
    #expect(!none.hasKey && none.close(secret) == nil)
  }
}
