/// Finds the size in the three formats; reads nothing beyond the end.
nonisolated struct HeaderReader {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  // MARK: PNG (ISO 15948): the signature, then the chunk IHDR.

  mutating func png() -> ImageHeader? {
    guard has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], at: 0),
      bigEndian(4, at: 8) == 13, has("IHDR", at: 12), let width = bigEndian(4, at: 16),
      let height = bigEndian(4, at: 20)
    else { return nil }
    return ImageHeader(format: .png, width: width, height: height)
  }

  // MARK: JPEG (ITU T.81 annex B): markers with segments, and the data of scans between.

  mutating func jpeg() -> ImageHeader? {
    guard has([0xFF, 0xD8, 0xFF], at: 0) else { return nil }
    var header: ImageHeader?
    var orientation = 1
    var scans = 0
    var position = 2
    while let marker = nextMarker(from: &position) {
      switch marker {
      case 0xD9:
        header?.orientation = orientation
        return header
      case 0x01, 0xD0...0xD8: continue
      default: break
      }
      guard let size = bigEndian(2, at: position), size >= 2, position + size <= bytes.count
      else { break }
      switch marker {
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        // A second frame would have another size than the one that was checked.
        guard header == nil, let height = bigEndian(2, at: position + 3),
          let width = bigEndian(2, at: position + 5)
        else { return nil }
        header = ImageHeader(format: .jpeg, width: width, height: height)
      case 0xDA:
        scans += 1
        guard scans <= ImageHeader.scansMax else { return nil }
      case 0xE1 where orientation == 1:
        orientation = exifOrientation(position + 2, end: position + size)
      default: break
      }
      position += size
    }
    // It ends early: a decoder would fill up the rest with grey.
    return nil
  }

  /// The next marker's second byte; `position` is then behind it. Skips the data of a scan, in which
  /// FF is followed by 00.
  private func nextMarker(from position: inout Int) -> UInt8? {
    while position + 1 < bytes.count {
      guard bytes[position] == 0xFF else {
        position += 1
        continue
      }
      let second = bytes[position + 1]
      if second == 0xFF {
        position += 1
        continue
      }
      position += 2
      if second != 0 { return second }
    }
    return nil
  }

  /// The tag 0x0112 of the first directory (EXIF 2.32, TIFF 6.0); 1 where there is none.
  private func exifOrientation(_ start: Int, end: Int) -> Int {
    guard has("Exif\0\0", at: start) else { return 1 }
    let tiff = start + 6
    let isLittle: Bool
    if has("II*\0", at: tiff) {
      isLittle = true
    } else if has([0x4D, 0x4D, 0, 0x2A], at: tiff) {
      isLittle = false
    } else {
      return 1
    }
    func number(_ count: Int, at offset: Int) -> Int? {
      guard offset >= tiff, offset + count <= end else { return nil }
      return isLittle ? littleEndian(count, at: offset) : bigEndian(count, at: offset)
    }
    guard let offset = number(4, at: tiff + 4), let entries = number(2, at: tiff + offset)
    else { return 1 }
    for index in 0..<min(entries, 64) {
      let entry = tiff + offset + 2 + index * 12
      guard number(2, at: entry) == 0x0112 else { continue }
      guard let value = number(2, at: entry + 8), (1...8).contains(value) else { return 1 }
      return value
    }
    return 1
  }

  // MARK: WebP (RFC 9649): RIFF with a chunk of one of three kinds.

  mutating func webp() -> ImageHeader? {
    guard has("RIFF", at: 0), has("WEBP", at: 8) else { return nil }
    if has("VP8X", at: 12) {
      guard let width = littleEndian(3, at: 24), let height = littleEndian(3, at: 27)
      else { return nil }
      return ImageHeader(format: .webp, width: width + 1, height: height + 1)
    }
    if has("VP8L", at: 12) {
      guard has([0x2F], at: 20), let bits = littleEndian(4, at: 21) else { return nil }
      return ImageHeader(
        format: .webp, width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
    }
    guard has("VP8 ", at: 12), has([0x9D, 0x01, 0x2A], at: 23),
      let width = littleEndian(2, at: 26), let height = littleEndian(2, at: 28)
    else { return nil }
    return ImageHeader(format: .webp, width: width & 0x3FFF, height: height & 0x3FFF)
  }

  // MARK: Bytes

  private func has(_ text: StaticString, at offset: Int) -> Bool {
    has(
      Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)), at: offset)
  }

  private func has(_ expected: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset + expected.count <= bytes.count else { return false }
    return bytes[offset..<(offset + expected.count)].elementsEqual(expected)
  }

  private func bigEndian(_ count: Int, at offset: Int) -> Int? {
    guard offset >= 0, offset + count <= bytes.count else { return nil }
    return bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
  }

  private func littleEndian(_ count: Int, at offset: Int) -> Int? {
    guard offset >= 0, offset + count <= bytes.count else { return nil }
    return bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
