/// Writes protobuf's wire format: only what the messages of `rpc.proto` need. They precede every
/// call, so they are written straight into one buffer, without a tree of values.
nonisolated struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  /// A number; 0, the default, is left out.
  @inline(__always)
  mutating func field(_ number: UInt8, _ value: UInt64) {
    if value != 0 { present(number, value) }
  }

  /// A number of a field with presence.
  mutating func present(_ number: UInt8, _ value: UInt64) {
    bytes.append(number << 3)
    varint(value)
  }

  /// A text; an empty one is left out.
  @inline(__always)
  mutating func field(_ number: UInt8, _ text: String) {
    let count = text.utf8.count
    guard count > 0 else { return }
    bytes.append(number << 3 | 2)
    varint(UInt64(count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Bytes; empty ones are left out.
  mutating func field(_ number: UInt8, bytes value: [UInt8]) {
    guard !value.isEmpty else { return }
    bytes.append(number << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  /// A message, even if it is empty.
  mutating func message(_ number: UInt8, _ body: (inout ProtobufWriter) -> Void) {
    bytes.append(number << 3 | 2)
    let start = bytes.count
    bytes.append(0)
    body(&self)
    let count = bytes.count - start - 1
    // Most are shorter than 128 bytes: their length fits the byte that was kept.
    if count < 0x80 {
      bytes[start] = UInt8(count)
    } else {
      var length = ProtobufWriter()
      length.varint(UInt64(count))
      bytes.replaceSubrange(start...start, with: length.bytes)
    }
  }

  @inline(__always)
  private mutating func varint(_ value: UInt64) {
    var left = value
    while left >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(left))
  }
}
