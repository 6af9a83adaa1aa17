import Images
import Testing

@Suite struct ImageHeaderTests {
  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]

  private func png(_ width: UInt32, _ height: UInt32) -> [UInt8] {
    Self.png + Array("IHDR".utf8) + bigEndian(width) + bigEndian(height) + [8, 6, 0, 0, 0]
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  private func frame(_ marker: UInt8, _ width: UInt16, _ height: UInt16) -> [UInt8] {
    [
      0xFF, marker, 0, 11, 8, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8),
      UInt8(width & 255), 1, 1, 0x11, 0,
    ]
  }

  private func jpeg(_ segments: [UInt8]) -> [UInt8] { [0xFF, 0xD8] + segments + [0xFF, 0xD9] }

  @Test func readsAPNG() throws {
    let header = try ImageHeader(reading: png(640, 480))
    #expect(header.format == .png)
    #expect(header.width == 640)
    #expect(header.height == 480)
  }

  @Test(arguments: [0xC0, 0xC1, 0xC2] as [UInt8])
  func readsAJPEG(marker: UInt8) throws {
    let comment: [UInt8] = [0xFF, 0xFE, 0, 6, 0xFF, 0xC0, 1, 2]
    let header = try ImageHeader(reading: jpeg(comment + frame(marker, 300, 200)))
    #expect(header.format == .jpeg)
    #expect(header.width == 300)
    #expect(header.height == 200)
  }

  @Test(arguments: [true, false])
  func readsHowTheCameraWasHeld(isLittle: Bool) throws {
    let little: [UInt8] = [
      0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,
    ]
    let big: [UInt8] = [
      0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0,
    ]
    let exif = Array("Exif\0\0".utf8) + (isLittle ? little : big)
    let segment = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
    let header = try ImageHeader(reading: jpeg(segment + frame(0xC0, 3, 2)))
    #expect(header.orientation == 6)
  }

  @Test func readsTheThreeKindsOfWebP() throws {
    func riff(_ chunk: [UInt8]) -> [UInt8] {
      Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBP".utf8) + chunk
    }
    let size: [UInt8] = [10, 0, 0, 0]
    let extended = riff(Array("VP8X".utf8) + size + [0, 0, 0, 0, 0x7F, 2, 0, 0xDF, 1, 0])
    let lossless = riff(Array("VP8L".utf8) + size + [0x2F, 0x7F, 0xC2, 0x77, 0])
    let lossy = riff(
      Array("VP8 ".utf8) + size + [0, 0, 0, 0x9D, 1, 0x2A, 0x80, 2, 0xE0, 1])
    for bytes in [extended, lossless, lossy] {
      let header = try ImageHeader(reading: bytes)
      #expect(header.format == .webp)
      #expect(header.width == 640)
      #expect(header.height == 480)
    }
  }

  @Test func refusesWhatWouldTakeTooMuchMemory() {
    #expect(throws: ImageError.tooLarge(width: 100_000, height: 1)) {
      _ = try ImageHeader(reading: png(100_000, 1))
    }
    #expect(throws: ImageError.tooLarge(width: 1, height: 4097)) {
      _ = try ImageHeader(reading: png(1, 4097))
    }
    #expect(throws: ImageError.tooLarge(width: 65535, height: 65535)) {
      _ = try ImageHeader(reading: jpeg(frame(0xC2, 65535, 65535)))
    }
    #expect(throws: Never.self) { _ = try ImageHeader(reading: png(4096, 4096)) }
  }

  @Test func refusesTwoFramesAndManyScans() {
    #expect(throws: ImageError.unreadable) {
      _ = try ImageHeader(reading: jpeg(frame(0xC0, 3, 2) + frame(0xC0, 60_000, 60_000)))
    }
    let scan: [UInt8] = [0xFF, 0xDA, 0, 3, 0, 1, 2, 0xFF, 0, 3]
    let scans = (0..<33).flatMap { _ in scan }
    #expect(throws: ImageError.unreadable) {
      _ = try ImageHeader(reading: jpeg(frame(0xC2, 3, 2) + scans))
    }
    #expect(throws: Never.self) {
      _ = try ImageHeader(reading: jpeg(frame(0xC2, 3, 2) + scan))
    }
  }

  @Test(arguments: ["", "GIF89a", "<svg/>", "\u{89}PNG", "RIFF    WEBP", "hello, world"])
  func refusesOtherThings(text: String) {
    #expect(throws: ImageError.unreadable) { _ = try ImageHeader(reading: Array(text.utf8)) }
  }

  @Test func refusesAJPEGWithoutItsEnd() {
    #expect(throws: ImageError.unreadable) {
      _ = try ImageHeader(reading: [0xFF, 0xD8] + frame(0xC0, 3, 2))
    }
  }

  @Test func refusesPicturesWithoutPixels() {
    #expect(throws: ImageError.unreadable) { _ = try ImageHeader(reading: png(0, 10)) }
  }
}
