import Testing
import Wire

@testable import Security

struct PasswordHashTests {
  private let password = Secret("correct horse battery staple")

  /// RFC 9106 section 5.3.
  @Test func vectorOfTheRFC() throws {
    let hash = try PasswordHash.derive(
      Secret(String(repeating: "\u{1}", count: 32)), salt: Array(repeating: 2, count: 16),
      cost: PasswordHash.Cost(kibibytes: 32, passes: 3, lanes: 4), byteCount: 32,
      secret: Array(repeating: 3, count: 8), data: Array(repeating: 4, count: 12))
    #expect(
      Hex.encode(hash) == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")
  }

  /// Of the command line tool `argon2` (`printf password | argon2 somesaltsomesalt -id -t 2 -k 19456 -p 1 -e`).
  @Test func hashOfAnotherProgramVerifies() throws {
    let hash =
      "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA"
      + "$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE"
    #expect(try PasswordHash.verify(Secret("password"), hash))
    #expect(try !PasswordHash.verify(Secret("Password"), hash))
  }

  @Test func hashVerifiesItsOwnPasswordOnly() throws {
    let hash = try PasswordHash.make(password)
    #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
    #expect(try PasswordHash.verify(password, hash))
    #expect(try !PasswordHash.verify(Secret("correct horse battery stapl"), hash))
    #expect(try !PasswordHash.verify(Secret(""), hash))
    #expect(!PasswordHash.needsRehash(hash))
  }

  @Test func equalPasswordsHaveDifferentHashes() throws {
    let hashes = try (0..<4).map { _ in try PasswordHash.make(password, cost: .cheapest) }
    #expect(Set(hashes).count == 4)
    for hash in hashes { #expect(try PasswordHash.verify(password, hash)) }
  }

  @Test func otherCostsVerifyAndAreRehashed() throws {
    let cheap = try PasswordHash.make(password, cost: .cheapest)
    #expect(try PasswordHash.verify(password, cheap))
    #expect(PasswordHash.needsRehash(cheap))
    #expect(PasswordHash.needsRehash("$2b$12$abc"))
  }

  @Test func dummyVerifiesNothing() throws {
    let dummy = PasswordHash.dummy(cost: .cheapest)
    #expect(try !PasswordHash.verify(password, dummy))
    #expect(!PasswordHash.needsRehash(PasswordHash.dummy()))
  }

  @Test func everyBitOfTheHashCounts() throws {
    let text = try PasswordHash.make(password, cost: .cheapest)
    let stored = try #require(PHCString(text))
    #expect(stored.text == text)
    for bit in 0..<(stored.hash.count * 8) {
      var changed = stored
      changed.hash[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try !PasswordHash.verify(password, changed.text))
    }
  }

  @Test(arguments: [
    "", "$", "x", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=4294967295,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=08,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$t=1,m=8,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=1,p=1$c29tZQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA$",
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ=$AAAAAAAAAAAAAAAAAAAAAA",
  ])
  func strangeHashesVerifyNothingAndCostNothing(_ text: String) throws {
    #expect(PHCString(text) == nil)
    #expect(try !PasswordHash.verify(password, text))
    #expect(PasswordHash.needsRehash(text))
  }

  @Test func passwordsWithoutEndAreNotHashed() throws {
    let long = Secret(String(repeating: "x", count: PasswordHash.passwordBytesMax + 1))
    #expect(try !PasswordHash.verify(long, PasswordHash.dummy(cost: .cheapest)))
  }

  @Test func passwordMayHoldAnyCharacter() throws {
    let strange = Secret("pä\u{0}ss🙂")
    let hash = try PasswordHash.make(strange, cost: .cheapest)
    #expect(try PasswordHash.verify(strange, hash))
    #expect(try !PasswordHash.verify(Secret("pä"), hash))
  }
}
