import Security

/// The address of a picture of ours, as accounts show it: a path of the gateway's, or a whole URL
/// where the gateway's public one is set.
nonisolated struct AvatarAddress: Sendable {
  private static let path = "/api/v1/auth/avatars/"

  /// `https://focal.example`, without a slash at its end; empty where it is not set.
  let base: String

  init(base: String) {
    self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
  }

  func text(of id: String) -> String { base + Self.path + id }

  /// The picture that an account's image names, if it is one of ours.
  static func id(in image: String) -> String? {
    let suffix = image.suffix(36)
    guard image.utf8.count >= path.utf8.count + 36,
      image.dropLast(36).hasSuffix(path), let id = UUIDv7(String(suffix))
    else { return nil }
    return id.text
  }

  /// Whether an image is a path of ours, without a host.
  static func isPath(_ image: String) -> Bool {
    image.hasPrefix(path) && image.utf8.count == path.utf8.count + 36 && id(in: image) != nil
  }
}
