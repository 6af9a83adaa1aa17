/// The tag of an answer's body (RFC 9110, section 8.8.3): 64 bits that change with any byte of it,
/// the same in every process. Made for speed, as every GET pays for it: about 8 bytes a cycle.
struct EntityTag: Equatable {
  private let hash: UInt64

  init(_ body: UnsafeRawBufferPointer) { hash = Self.hash(body) }

  init(_ body: [UInt8]) { self = body.withUnsafeBytes { EntityTag($0) } }

  /// In quotes, 13 characters: Swift keeps up to 15 without an allocation.
  var text: String {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return String(unsafeUninitializedCapacity: 13) { buffer in
      buffer[0] = UInt8(ascii: "\"")
      var rest = hash
      for index in 1...11 {
        buffer[index] = alphabet.utf8Start[Int(rest & 63)]
        rest >>= 6
      }
      buffer[12] = UInt8(ascii: "\"")
      return 13
    }
  }

  /// Whether `If-None-Match` names this tag: `*`, or one of a list, weak ones too (section 13.1.2).
  func isNamed(by header: UnsafeRawBufferPointer) -> Bool {
    let tag = Array(text.utf8)
    return header.split(separator: UInt8(ascii: ",")).contains { part in
      var part = part.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      while part.last == UInt8(ascii: " ") || part.last == UInt8(ascii: "\t") {
        part = part.dropLast()
      }
      if part.elementsEqual([UInt8(ascii: "*")]) { return true }
      if part.starts(with: [UInt8(ascii: "W"), UInt8(ascii: "/")]) { part = part.dropFirst(2) }
      return part.elementsEqual(tag)
    }
  }

  /// Two words a step, folded by a multiplication of 64 by 64 bits (as wyhash does).
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state: UInt64 = 0xa076_1d64_78bd_642f
    guard let base = bytes.baseAddress else { return fold(state, 0xe703_7ed1_a0b4_28db) }
    var index = 0
    while index &+ 16 <= bytes.count {
      let first = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let second = base.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
      state = fold(first ^ 0xe703_7ed1_a0b4_28db, second ^ state)
      index &+= 16
    }
    var tail: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &tail) {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[index...]))
    }
    state = fold(tail.0 ^ 0x8ebc_6af0_9c88_c6e3, tail.1 ^ state)
    // The length last, where no byte of the body can make up for it.
    return fold(state, 0x5899_65cc_7537_4cc3 ^ (UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15))
  }

  @inline(__always) private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    // A factor of 0 would forget the other one.
    return product.high ^ product.low ^ (left &+ right)
  }
}
