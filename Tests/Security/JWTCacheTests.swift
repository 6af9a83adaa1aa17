import Testing
import Wire

@testable import Security

struct JWTCacheTests {
  private func bytes(_ number: Int) -> [UInt8] {
    Array("token \(number) ".utf8) + Digest.sha256("\(number)") + Digest.sha256("x\(number)")
  }

  private func claims(_ number: Int, expiresAt: Int = 100) -> AccessToken {
    AccessToken(
      userID: "\(number)", sessionID: "s", tokenID: "t", issuedAt: 0, expiresAt: expiresAt)
  }

  @Test func insertedTokenIsFound() {
    var cache = JWTCache(capacity: 64)
    bytes(1).withUnsafeBytes { token in
      #expect(cache.find(token, now: 0) == nil)
      cache.insert(token, claims(1), now: 0)
      #expect(cache.find(token, now: 0) == claims(1))
    }
    #expect(cache.count == 1)
    cache.removeAll()
    #expect(cache.count == 0)
  }

  @Test func everyByteCounts() {
    var cache = JWTCache(capacity: 4)
    let token = bytes(1)
    token.withUnsafeBytes { cache.insert($0, claims(1), now: 0) }
    for index in token.indices {
      var changed = token
      changed[index] ^= 1
      changed.withUnsafeBytes { #expect(cache.find($0, now: 0) == nil) }
    }
    token.dropLast().withUnsafeBytes { #expect(cache.find($0, now: 0) == nil) }
    [UInt8]().withUnsafeBytes { #expect(cache.find($0, now: 0) == nil) }
  }

  @Test func tokenExpiresInTheCache() {
    var cache = JWTCache(capacity: 64)
    bytes(1).withUnsafeBytes { token in
      cache.insert(token, claims(1, expiresAt: 10), now: 0)
      #expect(cache.find(token, now: 9) != nil)
      #expect(cache.find(token, now: 10) == nil)
    }
    #expect(cache.count == 0)
  }

  @Test func numberOfTokensIsBounded() {
    var cache = JWTCache(capacity: 64)
    for number in 0..<10_000 {
      bytes(number).withUnsafeBytes { cache.insert($0, claims(number), now: 0) }
      bytes(number).withUnsafeBytes { #expect(cache.find($0, now: 0) == claims(number)) }
    }
    #expect(cache.count == 64)
  }

  @Test func expiredTokensMakeRoomFirst() {
    var cache = JWTCache(capacity: 4)
    for number in 0..<4 {
      bytes(number).withUnsafeBytes {
        cache.insert($0, claims(number, expiresAt: number == 2 ? 10 : 100), now: 0)
      }
    }
    bytes(9).withUnsafeBytes { cache.insert($0, claims(9), now: 50) }
    for number in [0, 1, 3, 9] {
      bytes(number).withUnsafeBytes { #expect(cache.find($0, now: 50) != nil) }
    }
  }

  @Test func verifierAsksTheSignatureOnce() throws {
    let fixture = try JWTFixture(.edDSA)
    let verifier = TokenVerifier(fixture.verifier, cacheCapacity: 16)
    let text = fixture.signer.sign(JWTFixture.token)
    for _ in 0..<3 { #expect(try verifier.verify(text, now: JWTFixture.now) == JWTFixture.token) }
    #expect(verifier.hits == 2)
    #expect(verifier.lookups == 3)
    #expect(throws: JWTError.expired) { try verifier.verify(text, now: JWTFixture.now + 900) }
    #expect(throws: JWTError.malformed) { try verifier.verify(text + "=", now: JWTFixture.now) }
  }
}
