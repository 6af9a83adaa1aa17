import Glibc
import Synchronization

/// A UUID of version 7 (RFC 9562 section 5.7): begins with the time, so that rows made one after the
/// other lie side by side. Those of one process grow strictly, also within a millisecond.
public nonisolated struct UUIDv7: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A new one, on any thread.
  public static func make() -> UUIDv7 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    return sequence.withLock { $0.next(milliseconds: milliseconds) }
  }

  private static let sequence = Mutex(UUIDSequence())

  /// Its text, as `TEXT` is.
  public static func makeText() -> String { make().text }

  /// Unix time.
  public var milliseconds: UInt64 { high >> 16 }

  /// 16 bytes, big-endian.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    for word in [high, low] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return bytes
  }

  /// `nil` unless there are 16.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for byte in bytes { words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte)) }
    self.init(high: words.0, low: words.1)
  }

  /// 36 characters, lower case.
  public var text: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          buffer[position] = UInt8(ascii: "-")
          position += 1
        }
        let word = index < 16 ? high : low
        let digit = word >> UInt64(60 - index % 16 * 4) & 15
        buffer[position] = Hex.digit(UInt8(digit))
        position += 1
      }
      return position
    }
  }

  /// Reads the text of a UUID of any version: `8-4-4-4-12` digits, either case.
  public init?(_ text: String) {
    var text = text
    guard let id = text.withUTF8({ UUIDv7(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = id
  }

  /// As `init(_:)`, of bytes.
  public init?(utf8 text: UnsafeRawBufferPointer) {
    guard text.count == 36 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for index in 0..<36 {
      let character = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard character == UInt8(ascii: "-") else { return nil }
      } else {
        guard let value = Hex.value(character) else { return nil }
        words = (words.0 << 4 | words.1 >> 60, words.1 << 4 | UInt64(value))
      }
    }
    self.init(high: words.0, low: words.1)
  }
}

extension UUIDv7: CustomStringConvertible, Comparable {
  public nonisolated var description: String { text }

  public nonisolated static func < (left: UUIDv7, right: UUIDv7) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// Keeps ids growing: 12 bits after the time count within the millisecond, from a random start; when
/// they run out, the time runs ahead of the clock. A clock that is set back changes nothing.
nonisolated struct UUIDSequence {
  /// Milliseconds and the 12 bits of the counter.
  private var last: UInt64 = 0
  private var random: [UInt64] = []

  mutating func next(milliseconds: UInt64) -> UUIDv7 {
    if random.count < 2 { refill() }
    let tail = random.removeLast()
    let start = milliseconds << 12 | random.removeLast() & 0x7FF
    last = (start >> 12) > (last >> 12) ? start : last + 1
    return UUIDv7(
      high: (last >> 12) << 16 | 0x7000 | last & 0xFFF,
      low: tail >> 2 | 0x8000_0000_0000_0000)
  }

  /// One system call for many ids.
  private mutating func refill() {
    random = Array(repeating: 0, count: 64)
    random.withUnsafeMutableBytes { RandomBytes.fill($0) }
  }
}
