import CGd

/// A picture as we keep it: decoded and encoded again, so that it is nothing but pixels. No metadata
/// (places, cameras, hidden files) survives that.
public nonisolated struct Picture: Hashable, Sendable {
  public var format: ImageFormat
  public var width: Int
  public var height: Int
  public var bytes: [UInt8]

  private static let jpegQuality: Int32 = 85
  private static let webpQuality: Int32 = 80
  private static let isQuiet: Void = focal_gd_be_quiet()

  /// Takes somebody's bytes: of this format, turned upright, scaled down to at most so many pixels a
  /// side. Blocks for up to a second; needs at most 64 MiB and then some for each call.
  ///
  /// - Throws: `ImageError` for whatever else they are.
  public init(
    reading bytes: [UInt8], as format: ImageFormat, sideMax: Int
  ) throws(ImageError) {
    _ = Self.isQuiet
    let header = try ImageHeader(reading: bytes)
    guard header.format == format else { throw .otherFormat(header.format) }
    guard let whole = Canvas(decoding: bytes, format),
      whole.width == header.width, whole.height == header.height
    else { throw .unreadable }
    guard let canvas = whole.scaled(toSide: sideMax)?.turned(by: header.orientation),
      let encoded = canvas.encoded(format)
    else { throw .unreadable }
    self.format = format
    width = canvas.width
    height = canvas.height
    self.bytes = encoded
  }

  /// One image of libgd's.
  private final class Canvas {
    private let image: gdImagePtr

    var width: Int { Int(focal_gd_width(image)) }
    var height: Int { Int(focal_gd_height(image)) }

    private init?(_ image: gdImagePtr?) {
      guard let image else { return nil }
      self.image = image
    }

    deinit { gdImageDestroy(image) }

    /// Of true colours, transparent at first.
    private convenience init?(width: Int, height: Int) {
      self.init(gdImageCreateTrueColor(Int32(width), Int32(height)))
      gdImageAlphaBlending(image, 0)
      gdImageSaveAlpha(image, 1)
    }

    convenience init?(decoding bytes: [UInt8], _ format: ImageFormat) {
      var bytes = bytes
      let image = bytes.withUnsafeMutableBytes { buffer in
        let count = Int32(buffer.count)
        return switch format {
        case .png: gdImageCreateFromPngPtr(count, buffer.baseAddress)
        // What the decoder warns of is broken.
        case .jpeg: gdImageCreateFromJpegPtrEx(count, buffer.baseAddress, 0)
        case .webp: gdImageCreateFromWebpPtr(count, buffer.baseAddress)
        }
      }
      self.init(image)
    }

    /// Averages what becomes one pixel. Always a new image, of true colours.
    func scaled(toSide sideMax: Int) -> Canvas? {
      let side = max(width, height)
      let scale = side > sideMax ? Double(sideMax) / Double(side) : 1
      let newWidth = max(1, Int((Double(width) * scale).rounded()))
      let newHeight = max(1, Int((Double(height) * scale).rounded()))
      guard let canvas = Canvas(width: newWidth, height: newHeight) else { return nil }
      gdImageCopyResampled(
        canvas.image, image, 0, 0, 0, 0, Int32(newWidth), Int32(newHeight), Int32(width),
        Int32(height))
      return canvas
    }

    /// Upright, by EXIF's number.
    func turned(by orientation: Int) -> Canvas? {
      guard orientation > 1 else { return self }
      let isSideways = orientation >= 5
      guard
        let canvas = Canvas(
          width: isSideways ? height : width, height: isSideways ? width : height)
      else { return nil }
      for y in 0..<canvas.height {
        for x in 0..<canvas.width {
          let (fromX, fromY) =
            switch orientation {
            case 2: (width - 1 - x, y)
            case 3: (width - 1 - x, height - 1 - y)
            case 4: (x, height - 1 - y)
            case 5: (y, x)
            case 6: (y, height - 1 - x)
            case 7: (width - 1 - y, height - 1 - x)
            default: (width - 1 - y, x)
            }
          let color = focal_gd_pixel(image, Int32(fromX), Int32(fromY))
          focal_gd_set_pixel(canvas.image, Int32(x), Int32(y), color)
        }
      }
      return canvas
    }

    func encoded(_ format: ImageFormat) -> [UInt8]? {
      var count: Int32 = 0
      let bytes =
        switch format {
        case .png: gdImagePngPtrEx(image, &count, 6)
        case .jpeg: gdImageJpegPtr(image, &count, Picture.jpegQuality)
        case .webp: gdImageWebpPtrEx(image, &count, Picture.webpQuality)
        }
      guard let bytes else { return nil }
      defer { gdFree(bytes) }
      return Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    }
  }
}
