import Security

/// Ids that are made from what they name, so that the same thing said twice is one.
nonisolated enum StableID {
  /// A UUID (version 8) of the parts' SHA-256.
  static func make(_ parts: String...) -> String {
    var bytes = Array(Digest.sha256(parts.joined(separator: "\n")).prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x80
    bytes[8] = bytes[8] & 0x3f | 0x80
    let hex = Hex.encode(bytes)
    var text = ""
    for (index, digit) in hex.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    return text
  }
}
