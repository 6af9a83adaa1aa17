import Security
import Testing
import Wire

@testable import Auth

struct TOTPSealTests {
  let secret = [UInt8](1...20)
  let key = Secret("a key of at least thirty-two bytes")

  @Test func whatWasKeptBeforeThereWasAKeyStaysGood() {
    #expect(TOTPSeal(key: nil).close(secret) == secret)
    #expect(TOTPSeal(key: key).open(secret) == secret)
  }

  @Test func whatIsClosedIsNotPlain() {
    let stored = TOTPSeal(key: key).close(secret)
    #expect(TOTPSeal.isPlain(secret) && !TOTPSeal.isPlain(stored))
    #expect(TOTPSeal(key: key).open(stored) == secret)
    #expect(TOTPSeal(key: nil).open(stored) == nil)
  }
}
