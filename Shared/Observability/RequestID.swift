import Synchronization

/// What ties the log lines of one request together, in every process that it passed.
public nonisolated enum RequestID {
  /// 32 hex digits, random. Not a secret.
  public static func make() -> String {
    Hexadecimal.text(Identifiers.next(), Identifiers.next())
  }

  /// Whether a client's own id may be kept: 1 to 64 letters, digits, `-`, `_`, `.`.
  public static func isAcceptable(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...64).contains(bytes.count)
      && bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}

/// Random numbers for ids that need not be secret: a system call for each would cost more than
/// everything else about them. SplitMix64 over a counter, so that threads may share it.
nonisolated enum Identifiers {
  private static let state = Atomic<UInt64>(.random(in: .min ... .max))

  /// Never zero.
  static func next() -> UInt64 {
    let (_, counter) = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed)
    var mixed = counter
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return mixed == 0 ? 1 : mixed
  }
}

nonisolated enum Hexadecimal {
  static func write(
    _ value: UInt64, digits: Int, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
  ) {
    var rest = value
    for index in stride(from: offset + digits - 1, through: offset, by: -1) {
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
      rest >>= 4
    }
  }

  static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 32) { buffer in
      write(high, digits: 16, to: buffer, at: 0)
      write(low, digits: 16, to: buffer, at: 16)
      return 32
    }
  }
}
