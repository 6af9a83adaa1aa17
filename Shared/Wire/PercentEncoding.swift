extension String {
  /// Undoes percent-encoding (RFC 3986, section 2.1); nil where it is malformed, or what comes out is no
  /// UTF-8.
  public nonisolated init?(percentDecoding text: Substring) {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Self.hexDigit),
        let low = rest.popFirst().flatMap(Self.hexDigit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(validating: bytes, as: UTF8.self)
  }

  private nonisolated static func hexDigit(_ character: UInt8) -> UInt8? {
    Character(UnicodeScalar(character)).hexDigitValue.map(UInt8.init)
  }
}
