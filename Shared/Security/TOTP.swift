import COpenSSL

/// Codes that change every half minute (RFC 6238: SHA-1, steps of 30 s, 6 digits), as authenticators
/// make them. Pure: whether a code was used before, its caller knows.
public nonisolated struct TOTP {
  public static let secondsPerStep: Int64 = 30
  public static let digits = 6
  /// What RFC 4226, section 4, recommends for the secret.
  public static let secretBytes = 20
  /// Steps before and after the present one that still count: clocks differ.
  public static let window: Int64 = 1

  private let secret: [UInt8]

  public init(secret: [UInt8]) { self.secret = secret }

  /// The step in which a moment lies.
  /// - Parameter now: milliseconds since the epoch.
  public static func step(at now: Int64) -> Int64 { now / 1000 / secondsPerStep }

  /// The code of a step (RFC 4226, section 5.3).
  public func code(step: Int64, digits: Int = TOTP.digits) -> String {
    let counter = withUnsafeBytes(of: step.bigEndian) { Array($0) }
    let hash = Digest.hmacSHA1(counter, key: secret)
    let offset = Int(hash[19] & 15)
    let number = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let modulus = (0..<digits).reduce(UInt32(1)) { product, _ in product * 10 }
    let text = String(number % modulus)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }

  /// The step within the window whose code this is, later than the step of the last code that was
  /// taken; nil where there is none.
  public func step(of code: String, now: Int64, after last: Int64) -> Int64? {
    let present = Self.step(at: now)
    var found: Int64?
    // All are compared, so that the time of the answer does not tell which.
    for step in (present - Self.window)...(present + Self.window)
    where constantTimeEquals(self.code(step: step), code) && step > last && found == nil {
      found = step
    }
    return found
  }
}

nonisolated extension Digest {
  /// HMAC with SHA-1 (RFC 2104): for TOTP, where the broken collisions of SHA-1 do not matter.
  static func hmacSHA1(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
      var written: UInt32 = 0
      let done = HMAC(
        EVP_sha1(), key, Int32(key.count), bytes, bytes.count, buffer.baseAddress, &written)
      precondition(done != nil && written == 20, "OpenSSL has no SHA-1")
      count = 20
    }
  }
}
