import Testing

@testable import Auth

@Suite struct AvatarAddressTests {
  private let id = "019ab000-0000-7000-8000-000000000000"

  @Test(arguments: ["", "https://focal.example", "https://focal.example/"])
  func namesAPicture(base: String) {
    let text = AvatarAddress(base: base).text(of: id)
    #expect(text.hasSuffix("/api/v1/auth/avatars/\(id)"))
    #expect(!text.contains("//api"))
    #expect(AvatarAddress.id(in: text) == id)
    #expect(AvatarAddress.isPath(text) == base.isEmpty)
  }

  @Test(arguments: [
    "", "https://example.com/me.png", "/api/v1/auth/avatars/x", "/api/v1/auth/avatars/../secrets",
  ])
  func otherImagesAreNoneOfOurs(image: String) {
    #expect(AvatarAddress.id(in: image) == nil)
    #expect(!AvatarAddress.isPath(image))
  }
}
