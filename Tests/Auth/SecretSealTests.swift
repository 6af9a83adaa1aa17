import Security
import Testing
import Wire

@testable import Auth

struct SecretSealTests {
  let secret = [UInt8](1...20)
  let seal = SecretSeal(key: Secret("a key of at least thirty-two bytes"))

  @Test func whatIsClosedIsOpenedAgain() {
    let stored = seal.close(secret)
    #expect(stored != seal.close(secret))
    #expect(stored.firstRange(of: secret) == nil)
    #expect(seal.open(stored) == secret)
  }

  @Test func anotherKeyOpensNothing() {
    let other = SecretSeal(key: Secret("another key of over thirty-two bytes"))
    #expect(other.open(seal.close(secret)) == nil)
    #expect(SecretSeal(key: nil).open(seal.close(secret)) == nil)
  }

  @Test func whileOneKeyReplacesAnotherBothOpen() {
    let other = Secret("another key of over thirty-two bytes")
    let both = SecretSeal(key: other, other: Secret("a key of at least thirty-two bytes"))
    let stored = seal.close(secret)
    #expect(both.open(stored) == secret && !both.isClosed(stored))
    #expect(both.isClosed(both.close(secret)) && seal.open(both.close(secret)) == nil)
    #expect(!both.isClosed(secret))
  }

  @Test func whatWasKeptBeforeThereWasAKeyStaysGood() {
    #expect(SecretSeal(key: nil).close(secret) == secret)
    #expect(seal.open(secret) == secret)
  }
}
