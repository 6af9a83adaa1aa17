/// The formats of pictures that are taken.
public nonisolated enum ImageFormat: String, Sendable, CaseIterable {
  case png = "image/png"
  case jpeg = "image/jpeg"
  case webp = "image/webp"

  /// By its media type.
  public init?(mediaType: String) { self.init(rawValue: mediaType.lowercased()) }

  public var mediaType: String { rawValue }
}

/// Why bytes are no picture that is taken.
public nonisolated enum ImageError: Error, Hashable, Sendable {
  /// They are none of the formats, or broken.
  case unreadable
  /// They are another format than was said.
  case otherFormat(ImageFormat)
  /// Wider or higher than `ImageHeader.sideMax`, in pixels.
  case tooLarge(width: Int, height: Int)
}
