import Glibc

/// Writes JSON into memory that it keeps over a `reset()`.
public nonisolated struct JSONWriter: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  public private(set) var count = 0
  private var capacity: Int

  public init(capacity: Int = 4096) {
    self.capacity = max(64, capacity)
    start = .allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
  public var array: [UInt8] { Array(bytes) }

  /// Empty again. What a very large text needed is given back.
  public mutating func reset() {
    count = 0
    if capacity > 1 << 20 {
      start.deallocate()
      capacity = 4096
      start = .allocate(capacity: capacity)
    }
  }

  @inline(__always) private mutating func reserve(_ more: Int) {
    if count &+ more > capacity { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memcpy(memory, start, count)
    start.deallocate()
    start = memory
    capacity = larger
  }

  @inline(__always) public mutating func byte(_ byte: UInt8) {
    reserve(1)
    start[count] = byte
    count &+= 1
  }

  @inline(__always) mutating func raw(_ pointer: UnsafePointer<UInt8>, _ size: Int) {
    reserve(size)
    memcpy(start + count, pointer, size)
    count &+= size
  }

  /// Text that is JSON already.
  @inline(__always) public mutating func raw(_ text: StaticString) {
    raw(text.utf8Start, text.utf8CodeUnitCount)
  }

  /// The text of a JSON value; null where it is none.
  mutating func json(_ text: UnsafeRawBufferPointer) {
    guard JSONCheck.isValue(text), let start = text.baseAddress else { return raw("null") }
    raw(start.assumingMemoryBound(to: UInt8.self), text.count)
  }

  /// The same of a text that such a writer has made; null where there is none.
  mutating func written(_ text: UnsafeRawBufferPointer) {
    guard text.count > 0, let start = text.baseAddress else { return raw("null") }
    raw(start.assumingMemoryBound(to: UInt8.self), text.count)
  }

  /// The text of a JSON value; null where it is none.
  public mutating func json(_ text: String) {
    var text = text
    text.withUTF8 { json(UnsafeRawBufferPointer($0)) }
  }

  public mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
  }

  /// A string. What is not UTF-8 in it is replaced by U+FFFD.
  public mutating func string(_ text: UnsafeRawBufferPointer) {
    // At worst each byte becomes \u00xx.
    reserve(text.count * 6 + 2)
    let before = count
    start[count] = 0x22
    count &+= 1
    var index = 0
    var union: UInt64 = 0
    let size = text.count
    if let raw = text.baseAddress {
      while index < size {
        while index &+ 8 <= size {
          let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          if Self.escapes(word) { break }
          union |= word
          UnsafeMutableRawPointer(start + count).storeBytes(of: word, as: UInt64.self)
          count &+= 8
          index &+= 8
        }
        if index >= size { break }
        union |= UInt64(text[index])
        escaped(text[index])
        index &+= 1
      }
    }
    start[count] = 0x22
    count &+= 1
    // Only what is not ASCII has to be looked at again.
    if union & 0x8080_8080_8080_8080 != 0, !isUTF8(text) {
      count = before
      string(String(decoding: text, as: UTF8.self))
    }
  }

  /// Whether any of eight bytes is a quote, a backslash or a control character.
  @inline(__always) private static func escapes(_ word: UInt64) -> Bool {
    let quotes = word ^ 0x2222_2222_2222_2222
    let slashes = word ^ 0x5c5c_5c5c_5c5c_5c5c
    let ones: UInt64 = 0x0101_0101_0101_0101
    let hits =
      ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes)
      | ((word &- 0x2020_2020_2020_2020) & ~word)
    return hits & 0x8080_8080_8080_8080 != 0
  }

  @inline(__always) private mutating func escaped(_ byte: UInt8) {
    switch byte {
    case 0x22, 0x5c:
      start[count] = 0x5c
      start[count &+ 1] = byte
      count &+= 2
    case 0x0a:
      start[count] = 0x5c
      start[count &+ 1] = 0x6e
      count &+= 2
    case 0..<0x20:
      let digits: StaticString = "0123456789abcdef"
      memcpy(start + count, "\\u00", 4)
      start[count &+ 4] = digits.utf8Start[Int(byte >> 4)]
      start[count &+ 5] = digits.utf8Start[Int(byte & 15)]
      count &+= 6
    default:
      start[count] = byte
      count &+= 1
    }
  }

  public mutating func integer(_ value: Int64) {
    if value < 0 { byte(0x2d) }
    integer(value.magnitude)
  }

  public mutating func integer(_ value: UInt64) {
    // Most numbers of an answer have one digit.
    if value < 10 { return byte(0x30 &+ UInt8(truncatingIfNeeded: value)) }
    reserve(20)
    var digits = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digits &+= 1
    }
    rest = value
    var at = count &+ digits
    repeat {
      at &-= 1
      start[at] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
      rest /= 10
    } while rest > 0
    count &+= digits
  }

  /// NaN and infinities, which JSON has not, become null.
  public mutating func double(_ value: Double) {
    guard value.isFinite else { return raw("null") }
    if value == value.rounded(), abs(value) < 1e15 { return integer(Int64(value)) }
    var text = "\(value)"
    text.withUTF8 { buffer in
      if let base = buffer.baseAddress { raw(base, buffer.count) }
    }
  }

  /// With no more digits than a `Float` has.
  mutating func float(_ value: Float) {
    guard value.isFinite else { return raw("null") }
    if value == value.rounded(), abs(value) < 1e15 { return integer(Int64(value)) }
    var text = "\(value)"
    text.withUTF8 { buffer in
      if let base = buffer.baseAddress { raw(base, buffer.count) }
    }
  }

  /// An RFC 3339 time in quotes.
  mutating func timestamp(_ milliseconds: Int64) {
    reserve(26)
    start[count] = 0x22
    Timestamp.write(milliseconds, to: start + count + 1)
    start[count &+ 25] = 0x22
    count &+= 26
  }

  /// Base64 (RFC 4648, section 4) in quotes.
  mutating func base64(_ data: UnsafeRawBufferPointer) {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    reserve(data.count / 3 * 4 + 8)
    byte(0x22)
    var index = 0
    while index < data.count {
      let size = min(3, data.count - index)
      var word: UInt32 = 0
      for offset in 0..<3 { word = word << 8 | (offset < size ? UInt32(data[index + offset]) : 0) }
      for offset in 0..<4 {
        start[count] =
          offset <= size ? alphabet.utf8Start[Int(word >> UInt32(18 - 6 * offset)) & 63] : 0x3d
        count &+= 1
      }
      index += 3
    }
    byte(0x22)
  }
}
