import CGd
import EventLoopTesting
import Images
import Testing

@Suite struct PictureTests {
  /// A picture of this size, red above and blue below, as libgd writes it.
  private func sample(_ format: ImageFormat, _ width: Int32, _ height: Int32) throws -> [UInt8] {
    let image = try #require(gdImageCreateTrueColor(width, height))
    defer { gdImageDestroy(image) }
    gdImageFilledRectangle(image, 0, 0, width - 1, height / 2 - 1, 0xFF0000)
    gdImageFilledRectangle(image, 0, height / 2, width - 1, height - 1, 0x0000FF)
    var count: Int32 = 0
    let encoded =
      switch format {
      case .png: gdImagePngPtr(image, &count)
      case .jpeg: gdImageJpegPtr(image, &count, 90)
      case .webp: gdImageWebpPtr(image, &count)
      }
    let bytes = try #require(encoded)
    defer { gdFree(bytes) }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
  }

  @Test(arguments: ImageFormat.allCases)
  func scalesDown(format: ImageFormat) throws {
    let picture = try Picture(reading: sample(format, 1000, 500), as: format, sideMax: 512)
    #expect(picture.width == 512)
    #expect(picture.height == 256)
    let header = try ImageHeader(reading: picture.bytes)
    #expect(header == ImageHeader(format: format, width: 512, height: 256))
  }

  @Test(arguments: ImageFormat.allCases)
  func leavesSmallOnesTheirSize(format: ImageFormat) throws {
    let picture = try Picture(reading: sample(format, 31, 17), as: format, sideMax: 512)
    #expect(picture.width == 31)
    #expect(picture.height == 17)
  }

  @Test func takesTheLargestSize() throws {
    let picture = try Picture(reading: sample(.png, 4096, 4096), as: .png, sideMax: 512)
    #expect(picture.width == 512)
  }

  @Test func takesMetadataAway() throws {
    var png = try sample(.png, 20, 20)
    let text = chunk("tEXt", Array("Comment\0secret place".utf8))
    png.insert(contentsOf: text, at: 33)
    let clean = try Picture(reading: png, as: .png, sideMax: 512)
    #expect(!contains(clean.bytes, "secret place"))

    var jpeg = try sample(.jpeg, 20, 20)
    let exif = Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 0, 0] + Array("secret place".utf8)
    jpeg.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif, at: 2)
    let cleanJPEG = try Picture(reading: jpeg, as: .jpeg, sideMax: 512)
    #expect(!contains(cleanJPEG.bytes, "secret place"))
    #expect(!contains(cleanJPEG.bytes, "Exif"))
    // And nothing of what hides behind the picture's end.
    let tail = try Picture(
      reading: sample(.png, 20, 20) + Array("secret place".utf8), as: .png, sideMax: 512)
    #expect(!contains(tail.bytes, "secret place"))
  }

  @Test(arguments: 1...8)
  func turnsPicturesUpright(orientation: UInt8) throws {
    var jpeg = try sample(.jpeg, 64, 32)
    let tiff: [UInt8] = [
      8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
    ]
    let exif = Array("Exif\0\0II*\0".utf8) + tiff
    jpeg.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif, at: 2)
    let picture = try Picture(reading: jpeg, as: .jpeg, sideMax: 512)
    let isSideways = orientation >= 5
    #expect(picture.width == (isSideways ? 32 : 64))
    // Where the top of the sensor's picture, which is red, comes to lie (EXIF 2.32, table 6).
    let (x, y): (Int32, Int32) =
      switch orientation {
      case 1, 2: (32, 4)
      case 3, 4: (32, 28)
      case 5, 8: (4, 32)
      default: (28, 32)
      }
    #expect(try isRed(picture, x, y))
    #expect(try !isRed(picture, (isSideways ? 32 : 64) - 1 - x, (isSideways ? 64 : 32) - 1 - y))
  }

  @Test func refusesAnotherFormatThanWasSaid() throws {
    let png = try sample(.png, 20, 20)
    #expect(throws: ImageError.otherFormat(.png)) {
      _ = try Picture(reading: png, as: .jpeg, sideMax: 512)
    }
  }

  @Test(arguments: ImageFormat.allCases)
  func refusesWhatEndsEarly(format: ImageFormat) throws {
    let bytes = try sample(format, 300, 300)
    for part in [0.1, 0.3, 0.5, 0.7, 0.9] {
      let short = Array(bytes.prefix(Int(Double(bytes.count) * part)))
      #expect(throws: ImageError.self) {
        _ = try Picture(reading: short, as: format, sideMax: 512)
      }
    }
  }

  /// Broken in any way, bytes are a picture or an error, and the process lives.
  @Test(arguments: ImageFormat.allCases)
  func survivesAnyBytes(format: ImageFormat) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let whole = try sample(format, 60, 40)
    var taken = 0
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.remove(at: index)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
        }
      }
      do {
        let picture = try Picture(reading: bytes, as: format, sideMax: 64)
        #expect(picture.width <= 64 && picture.height <= 64)
        taken += 1
      } catch {}
    }
    #expect(taken < 2_000)
  }

  private func isRed(_ picture: Picture, _ x: Int32, _ y: Int32) throws -> Bool {
    var bytes = picture.bytes
    let image = try #require(gdImageCreateFromJpegPtr(Int32(bytes.count), &bytes))
    defer { gdImageDestroy(image) }
    let color = gdImageGetTrueColorPixel(image, x, y)
    return color >> 16 & 255 > 128 && color & 255 < 128
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    !bytes.split(separator: Array(text.utf8), maxSplits: 1, omittingEmptySubsequences: false)
      .dropFirst().isEmpty
  }

  /// A chunk of PNG with its checksum.
  private func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    func four(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
    return four(UInt32(data.count)) + body + four(~crc)
  }
}
