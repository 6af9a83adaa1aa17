/// Protobuf's wire format, as much of it as a batch of spans needs.
/// <https://protobuf.dev/programming-guides/encoding/>
nonisolated struct OTLPWriter {
  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  /// An unsigned number; 0 is left out.
  mutating func number(_ field: UInt8, _ value: UInt64) {
    guard value != 0 else { return }
    bytes.append(field << 3)
    varint(value)
  }

  mutating func present(_ field: UInt8, _ value: UInt64) {
    bytes.append(field << 3)
    varint(value)
  }

  mutating func fixed64(_ field: UInt8, _ value: UInt64) {
    bytes.append(field << 3 | 1)
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  /// Fields above 15 have a longer tag; the only one here is a span's `flags`.
  mutating func fixed32(_ field: UInt8, _ value: UInt32) {
    varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  /// The ids of traces and spans: big-endian, as they are written out.
  mutating func id(_ field: UInt8, _ parts: UInt64...) {
    bytes.append(field << 3 | 2)
    bytes.append(UInt8(parts.count * 8))
    for part in parts { withUnsafeBytes(of: part.bigEndian) { bytes += $0 } }
  }

  mutating func text(_ field: UInt8, _ text: String) {
    bytes.append(field << 3 | 2)
    varint(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func text(_ field: UInt8, _ text: StaticString) {
    bytes.append(field << 3 | 2)
    varint(UInt64(text.utf8CodeUnitCount))
    bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  mutating func message(_ field: UInt8, _ body: (inout OTLPWriter) -> Void) {
    bytes.append(field << 3 | 2)
    let start = bytes.count
    bytes.append(0)
    body(&self)
    let count = bytes.count - start - 1
    guard count >= 0x80 else {
      bytes[start] = UInt8(count)
      return
    }
    var length = OTLPWriter()
    length.varint(UInt64(count))
    bytes.replaceSubrange(start...start, with: length.bytes)
  }

  private mutating func varint(_ value: UInt64) {
    var left = value
    while left >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(left))
  }
}
