import Testing
import Wire

@testable import Security

struct BcryptHashTests {
  static let password = Secret("correct horse battery")
  nonisolated static let tail = "05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo."

  @Test(arguments: ["$2a$", "$2b$", "$2y$"])
  func eachPrefixVerifies(_ prefix: String) throws {
    let hash = prefix + Self.tail
    #expect(try PasswordHash.verify(Self.password, hash))
    #expect(try !PasswordHash.verify(Secret("correct horse batterz"), hash))
    #expect(try !PasswordHash.verify(Secret(""), hash))
    #expect(PasswordHash.needsRehash(hash))
  }

  /// Of the test suite of jBCrypt and of OpenBSD.
  @Test(arguments: [
    ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
    ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
    ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
  ])
  func knownHashesVerify(_ password: String, _ hash: String) {
    #expect(BcryptHash.verify(Secret(password), hash))
  }

  @Test func aPasswordWithNULNeverVerifies() {
    #expect(!BcryptHash.verify(Secret("correct horse battery\0x"), "$2b$" + Self.tail))
  }

  @Test(arguments: [
    "", "$2b$05$", "$2x$" + tail, "$2b$99$" + tail.dropFirst(3), "$2b$20$" + tail.dropFirst(3),
    "$2b$03$" + tail.dropFirst(3), "$2b$" + tail + "x", "$1$abc$def",
    "$2b$" + tail.dropLast() + ":",
  ])
  func whatIsNoHashOfOursIsRefused(_ hash: String) {
    #expect(!BcryptHash.isBcrypt(hash))
    #expect(!BcryptHash.verify(Self.password, hash))
  }
}
