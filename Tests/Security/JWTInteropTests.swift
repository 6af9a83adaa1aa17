import Foundation
import Testing

@testable import Security

/// The other side of python/test_jwt_interop.py.
struct JWTInteropTests {
  private struct Interop: Decodable {
    let kid: [String: String]
    let focal: [String: String]
    let pyjwt: [String: String]
  }

  private let interop: Interop

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("python/interop.json")
    interop = try JSONDecoder().decode(Interop.self, from: Data(contentsOf: file))
  }

  @Test(arguments: JWTAlgorithm.allCases)
  func focalSignsWhatPyJWTReads(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    #expect(fixture.key.id == interop.kid[algorithm.rawValue])
    #expect(fixture.signer.sign(JWTFixture.token) == interop.focal[algorithm.rawValue])
  }

  @Test(arguments: JWTAlgorithm.allCases)
  func focalReadsWhatPyJWTSigns(_ algorithm: JWTAlgorithm) throws {
    let fixture = try JWTFixture(algorithm)
    let token = try #require(interop.pyjwt[algorithm.rawValue])
    #expect(try fixture.verifier.verify(token, now: JWTFixture.now) == JWTFixture.token)
  }
}
