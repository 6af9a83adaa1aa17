/// What the QR code for an authenticator says (the "Key Uri Format" of Google Authenticator).
nonisolated enum OtpauthURL {
  static func make(_ email: String, secret: String) -> String {
    "otpauth://totp/Focal:\(escaped(email))?secret=\(secret)&issuer=Focal"
      + "&algorithm=SHA1&digits=6&period=30"
  }

  /// RFC 3986: all but its unreserved characters in percent.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }
}
