import Glibc

/// A queue of bytes: appended at its end, consumed at its start. Owns no memory while it is empty,
/// so that an idle connection costs none.
public struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer?
  private var capacity = 0
  private var start = 0
  private var end = 0

  public init() {}

  deinit { base?.deallocate() }

  public var count: Int { end - start }
  public var isEmpty: Bool { start == end }

  /// What has been appended and not consumed. Valid until the next mutation.
  public var readableBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base.map { UnsafeRawPointer($0 + start) }, count: end - start)
  }

  public mutating func consume(_ count: Int) {
    start += min(count, end - start)
    if start == end { (start, end) = (0, 0) }
  }

  /// Forgets the bytes; keeps the memory for the next ones.
  public mutating func clear() { (start, end) = (0, 0) }

  /// Gives the memory back if there is nothing in it.
  public mutating func releaseIfEmpty() {
    guard start == end, let memory = base else { return }
    memory.deallocate()
    base = nil
    (capacity, start, end) = (0, 0, 0)
  }

  /// Makes room for at least `count` more bytes.
  @inline(__always)
  public mutating func reserve(_ count: Int) {
    if capacity - end < count { grow(count) }
  }

  /// Lets `body` write into at least `count` free bytes; it returns how many it wrote.
  @inline(__always)
  public mutating func write(
    reserving count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Int {
    reserve(count)
    guard let base else { return 0 }
    let written = body(
      UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
    end += max(0, written)
    return written
  }

  @inline(__always)
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    guard let base else { return }
    memcpy(base + end, source, bytes.count)
    end += bytes.count
  }

  public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  @inline(__always)
  public mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  public mutating func append(byte: UInt8) {
    reserve(1)
    base?.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end += 1
  }

  @inline(__always)
  public mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
    reserve(MemoryLayout<Integer>.size)
    base?.storeBytes(of: value.bigEndian, toByteOffset: end, as: Integer.self)
    end += MemoryLayout<Integer>.size
  }

  public mutating func append(decimal value: Int) {
    if value < 0 {
      append(byte: UInt8(ascii: "-"))
      append(digits: value.magnitude)
    } else {
      append(digits: UInt(value))
    }
  }

  private mutating func append(digits value: UInt) {
    if value >= 10 { append(digits: value / 10) }
    append(byte: UInt8(ascii: "0") + UInt8(value % 10))
  }

  /// Overwrites what was appended `offset` bytes after the readable start: a length known late.
  public mutating func overwrite<Integer: FixedWidthInteger>(
    bigEndian value: Integer, at offset: Int
  ) {
    precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count)
    base?.storeBytes(of: value.bigEndian, toByteOffset: start + offset, as: Integer.self)
  }

  @inline(never)
  private mutating func grow(_ count: Int) {
    if let base, start > 0, capacity - (end - start) >= count {
      memmove(base, base + start, end - start)
    } else {
      var wanted = max(capacity * 2, 1024)
      while wanted - (end - start) < count { wanted *= 2 }
      let memory = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
      if let base {
        memcpy(memory, base + start, end - start)
        base.deallocate()
      }
      base = memory
      capacity = wanted
    }
    end -= start
    start = 0
  }
}
