import COpenSSL

/// SHA-256 and HMAC-SHA256 (and SHA-1 where it must be), and the comparison that goes with them.
public nonisolated enum Digest {
  public static let byteCount = 32

  // Looked up once: OpenSSL 3 searches its providers for each use otherwise.
  nonisolated(unsafe) private static let sha256Method = EVP_MD_fetch(nil, "SHA256", nil)
  nonisolated(unsafe) private static let hmacMethod = EVP_MAC_fetch(nil, "HMAC", nil)

  /// SHA-256 (FIPS 180-4).
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let done = EVP_Digest(
        bytes.baseAddress, bytes.count, buffer.baseAddress, nil, sha256Method, nil)
      precondition(done == 1, "OpenSSL has no SHA-256")
      count = byteCount
    }
  }

  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { sha256($0) } }

  public static func sha256(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { sha256(UnsafeRawBufferPointer($0)) }
  }

  /// SHA-1 (FIPS 180-4), which is broken: only for protocols that demand it and rely on nothing,
  /// such as WebSocket's handshake.
  public static func sha1(_ text: String) -> [UInt8] {
    var text = text
    return [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
      let done = text.withUTF8 {
        EVP_Digest($0.baseAddress, $0.count, buffer.baseAddress, nil, EVP_sha1(), nil)
      }
      precondition(done == 1, "OpenSSL has no SHA-1")
      count = 20
    }
  }

  /// HMAC with SHA-256 (RFC 2104).
  public static func hmac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { hmac($0, key: key) }
  }

  /// HMAC with SHA-256 (RFC 2104).
  public static func hmac(_ bytes: UnsafeRawBufferPointer, key: [UInt8]) -> [UInt8] {
    let context = hmacContext(key: key)
    defer { EVP_MAC_CTX_free(context) }
    return finish(context, bytes)
  }

  /// A context that holds the key; `hmac(_:in:)` may use it any number of times.
  static func hmacContext(key: [UInt8]) -> OpaquePointer {
    guard let context = EVP_MAC_CTX_new(hmacMethod) else { preconditionFailure("no memory") }
    // OpenSSL takes no empty key. HMAC fills keys up with zeros, so that this one is the same.
    let key = key.isEmpty ? [0] : key
    let isReady = focal_hmac_sha256_init(context, key, key.count)
    precondition(isReady == 1, "OpenSSL has no HMAC-SHA256")
    return context
  }

  static func hmac(_ bytes: UnsafeRawBufferPointer, in context: OpaquePointer) -> [UInt8] {
    precondition(EVP_MAC_init(context, nil, 0, nil) == 1, "HMAC cannot be restarted")
    return finish(context, bytes)
  }

  private static func finish(
    _ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let input = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      let updated = EVP_MAC_update(context, input, bytes.count)
      let done = EVP_MAC_final(context, buffer.baseAddress, &count, byteCount)
      precondition(updated == 1 && done == 1 && count == byteCount, "HMAC failed")
    }
  }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
public nonisolated func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count
    && left.withUnsafeBytes { left in
      right.withUnsafeBytes { CRYPTO_memcmp(left.baseAddress, $0.baseAddress, left.count) == 0 }
    }
}

/// Whether two texts are equal byte by byte, in a time that depends on their lengths alone.
public nonisolated func constantTimeEquals(_ left: String, _ right: String) -> Bool {
  constantTimeEquals(Array(left.utf8), Array(right.utf8))
}
