/// What a picture says of itself in its first bytes, read before anything is decoded: a small file
/// may claim any size, and decoding would make the memory for it.
public nonisolated struct ImageHeader: Hashable, Sendable {
  public var format: ImageFormat
  public var width: Int
  public var height: Int
  /// EXIF's number, 1 to 8, for how the camera was held.
  public var orientation = 1

  /// The most pixels a side.
  public static let sideMax = 4096
  /// Passes of a progressive JPEG: each costs a decoder the whole picture once more.
  static let scansMax = 32

  /// Throws `unreadable` and `tooLarge`.
  public init(reading bytes: [UInt8]) throws(ImageError) {
    let found: ImageHeader? = bytes.withUnsafeBytes { bytes in
      var reader = HeaderReader(bytes)
      return reader.png() ?? reader.jpeg() ?? reader.webp()
    }
    guard let found, found.width > 0, found.height > 0 else { throw .unreadable }
    guard found.width <= Self.sideMax, found.height <= Self.sideMax else {
      throw .tooLarge(width: found.width, height: found.height)
    }
    self = found
  }

  public init(format: ImageFormat, width: Int, height: Int, orientation: Int = 1) {
    self.format = format
    self.width = width
    self.height = height
    self.orientation = orientation
  }
}
