import Testing
import Wire

@testable import Security

struct KeyTests {
  /// Of `openssl genpkey -algorithm ed25519`.
  nonisolated static let privatePEM = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIEcEMxdA3vHUfyoJRfU7xTMoNiSH/P9OIeWzmbyDbw55
    -----END PRIVATE KEY-----
    """
  nonisolated static let publicPEM = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEAveUISA40atp/51UowvnvG5iUnh9gHLEhIrnZCW+E/LY=
    -----END PUBLIC KEY-----
    """
  nonisolated static let rsaPublicPEM = """
    -----BEGIN PUBLIC KEY-----
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDS4NT0GZhWTnbcktDUjl/IhWn0
    z8wMVy6UhKaGQ935jIelRmQLP4jP7YQW/r/QMn8SE1z4DJlOorhDmAjSN30hkao2
    AN+3SaHoWyGks/7D+GLbYRuKChESdmM/4VtYyIHE4i3BRSffEtYPBQ4/KzFvHnpo
    MK7vzAxqDSxqB62UywIDAQAB
    -----END PUBLIC KEY-----
    """
  nonisolated static let encryptedPEM = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiOZ/CMTDL9ugICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEBIBNruDZtMdY2sIUGFrQagEQH1u
    7sV1HCKN2vB/4G5c9Ar68RLwvwDq41d7OQIxT9RITE/S+HwckIHKcT09vMucVEji
    y52qTuxZ6h7c/HOoH9I=
    -----END ENCRYPTED PRIVATE KEY-----
    """

  private func body(of pem: String) -> String {
    pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
  }

  @Test func keysAreReadInEveryForm() throws {
    let key = try SigningKey(ed25519: Secret(KeyTests.privatePEM))
    let id = try VerificationKey(ed25519: KeyTests.publicPEM).id
    #expect(key.id == id)
    #expect(try SigningKey(ed25519: Secret(body(of: KeyTests.privatePEM))).id == id)
    #expect(try VerificationKey(ed25519: body(of: KeyTests.publicPEM)).id == id)
    let raw = try VerificationKey(ed25519: JWTFixture.publicKey)
    let padded = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    #expect(try VerificationKey(ed25519: padded).id == raw.id)
  }

  @Test func generatedKeyIsWrittenAndReadBack() throws {
    let key = SigningKey.generate()
    let pem = try #require(key.pem)
    let publicPEM = try #require(key.verificationKey.pem)
    #expect(try SigningKey(ed25519: pem).id == key.id)
    #expect(try VerificationKey(ed25519: publicPEM).id == key.id)
    #expect(SigningKey.generate().id != key.id)
    #expect("\(pem)" == "<secret>")
    #expect(try SigningKey(hs256: JWTFixture.sharedSecret).pem == nil)
  }

  @Test func severalPublicKeysAreRead() throws {
    let other = try #require(SigningKey.generate().verificationKey.pem)
    #expect(try VerificationKey.list(ed25519: KeyTests.publicPEM).count == 1)
    #expect(try VerificationKey.list(ed25519: KeyTests.publicPEM + "\n" + other).count == 2)
    let texts = [body(of: KeyTests.publicPEM), JWTFixture.publicKey].joined(separator: ", ")
    #expect(try VerificationKey.list(ed25519: texts).count == 2)
    #expect(throws: KeyError.duplicate) { try VerificationKey.list(ed25519: other + other) }
    #expect(throws: KeyError.malformed) { try VerificationKey.list(ed25519: " ") }
  }

  @Test(arguments: [
    "", "x", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encryptedPEM,
    publicPEM, String(repeating: "A", count: 100_000),
  ])
  func whatIsNoPrivateKeyIsRefused(_ text: String) {
    #expect(throws: KeyError.malformed) { try SigningKey(ed25519: Secret(text)) }
  }

  @Test(arguments: ["", "x", "AAAA", "-----BEGIN PUBLIC KEY-----\n", privatePEM])
  func whatIsNoPublicKeyIsRefused(_ text: String) {
    #expect(throws: KeyError.malformed) { try VerificationKey(ed25519: text) }
  }

  @Test func otherKindsOfKeysAreRefused() {
    #expect(throws: KeyError.notEd25519) { try VerificationKey(ed25519: KeyTests.rsaPublicPEM) }
    #expect(throws: KeyError.tooShort) {
      try SigningKey(hs256: Secret(String(repeating: "x", count: 31)))
    }
  }
}
