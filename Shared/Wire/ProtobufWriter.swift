/// Writes protobuf's wire format straight into one buffer, without a tree of values: for messages that
/// precede every call (`rpc.proto`), and for those of others, which are no part of our contract.
/// <https://protobuf.dev/programming-guides/encoding/>
///
/// Fields have a number of up to 15; `fixed32` takes longer ones.
public nonisolated struct ProtobufWriter {
  @usableFromInline var buffer: [UInt8] = []

  public init() {}

  @inlinable public var bytes: [UInt8] { buffer }

  @inlinable public mutating func clear() { buffer.removeAll(keepingCapacity: true) }

  public mutating func reserve(_ count: Int) { buffer.reserveCapacity(count) }

  // MARK: Defaults are left out

  /// A number; 0, the default, is left out.
  @inlinable @inline(__always)
  public mutating func field(_ number: UInt8, _ value: UInt64) {
    if value != 0 { present(number, value) }
  }

  /// A text; an empty one is left out.
  @inlinable @inline(__always)
  public mutating func field(_ number: UInt8, _ text: String) {
    if !text.utf8.isEmpty { present(number, text) }
  }

  /// Bytes; empty ones are left out.
  @inlinable
  public mutating func field(_ number: UInt8, bytes value: [UInt8]) {
    guard !value.isEmpty else { return }
    begin(number, value.count)
    buffer += value
  }

  // MARK: Fields with presence

  @inlinable
  public mutating func present(_ number: UInt8, _ value: UInt64) {
    buffer.append(number << 3)
    varint(value)
  }

  @inlinable @inline(__always)
  public mutating func present(_ number: UInt8, _ text: String) {
    begin(number, text.utf8.count)
    buffer.append(contentsOf: text.utf8)
  }

  public mutating func present(_ number: UInt8, _ text: StaticString) {
    begin(number, text.utf8CodeUnitCount)
    buffer += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  public mutating func fixed64(_ number: UInt8, _ value: UInt64) {
    buffer.append(number << 3 | 1)
    withUnsafeBytes(of: value.littleEndian) { buffer += $0 }
  }

  public mutating func fixed32(_ number: UInt8, _ value: UInt32) {
    varint(UInt64(number) << 3 | 5)
    withUnsafeBytes(of: value.littleEndian) { buffer += $0 }
  }

  /// Bytes, given as big-endian words.
  public mutating func words(_ number: UInt8, _ words: UInt64...) {
    begin(number, words.count * 8)
    for word in words { withUnsafeBytes(of: word.bigEndian) { buffer += $0 } }
  }

  /// A message, even if it is empty.
  @inlinable
  public mutating func message(_ number: UInt8, _ body: (inout ProtobufWriter) -> Void) {
    buffer.append(number << 3 | 2)
    let start = buffer.count
    buffer.append(0)
    body(&self)
    let count = buffer.count - start - 1
    // Most are shorter than 128 bytes: their length fits the byte that was kept.
    if count < 0x80 {
      buffer[start] = UInt8(count)
    } else {
      var length = ProtobufWriter()
      length.varint(UInt64(count))
      buffer.replaceSubrange(start...start, with: length.buffer)
    }
  }

  @inlinable @inline(__always)
  mutating func begin(_ number: UInt8, _ count: Int) {
    buffer.append(number << 3 | 2)
    varint(UInt64(count))
  }

  @inlinable @inline(__always)
  mutating func varint(_ value: UInt64) {
    var left = value
    while left >= 0x80 {
      buffer.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    buffer.append(UInt8(left))
  }
}
