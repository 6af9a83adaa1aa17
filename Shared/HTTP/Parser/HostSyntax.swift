/// `uri-host [":" port]` (RFC 9110, section 7.2), without the characters that no host name has.
nonisolated enum HostSyntax {
  static func isValid(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
    guard count > 0 else { return false }
    var index = 0
    if bytes[0] == UInt8(ascii: "[") {
      index = 1
      while index < count, isAddress(bytes[index]) { index += 1 }
      guard index > 3, index < count, bytes[index] == UInt8(ascii: "]") else { return false }
      index += 1
    } else {
      while index < count, ByteClass.isHost(bytes[index]) { index += 1 }
      guard index > 0 else { return false }
    }
    return index == count || isPort(bytes + index, count: count - index)
  }

  /// What an IPv6 address in brackets consists of.
  private static func isAddress(_ byte: UInt8) -> Bool {
    ByteClass.hexadecimal(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
  }

  /// `":" *DIGIT`, at most 65,535.
  private static func isPort(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
    guard bytes[0] == UInt8(ascii: ":"), count <= 6 else { return false }
    var port = 0
    for index in 1..<count {
      guard ByteClass.isDigit(bytes[index]) else { return false }
      port = port * 10 + Int(bytes[index] & 0x0F)
    }
    return port <= 65_535
  }
}
