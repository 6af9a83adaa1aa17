import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with a nonce of its own for each text: 12 bytes of nonce, the
/// ciphertext, 16 bytes of tag.
public nonisolated struct SealedBox: Sendable {
  private static let nonceBytes = 12
  private static let tagBytes = 16
  private let key: [UInt8]

  /// - Parameter key: 32 bytes, for at most 2^32 texts, as nonces are random.
  public init(key: [UInt8]) {
    precondition(key.count == 32, "AES-256 has keys of 32 bytes")
    self.key = key
  }

  public func seal(_ text: [UInt8]) -> [UInt8] {
    let context = Self.context()
    defer { EVP_CIPHER_CTX_free(context) }
    var box = RandomBytes.make(Self.nonceBytes)
    var sealed = [UInt8](repeating: 0, count: text.count + Self.tagBytes)
    var count: Int32 = 0
    var end: Int32 = 0
    let isReady = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, box) == 1
    let isDone =
      isReady && EVP_EncryptUpdate(context, &sealed, &count, text, Int32(text.count)) == 1
      && sealed.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        return EVP_EncryptFinal_ex(context, base + Int(count), &end) == 1
          && EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagBytes), base + text.count) == 1
      }
    precondition(isDone, "OpenSSL has no AES-256-GCM")
    box += sealed
    return box
  }

  /// nil: the box was sealed with another key, or was changed.
  public func open(_ box: [UInt8]) -> [UInt8]? {
    let textBytes = box.count - Self.nonceBytes - Self.tagBytes
    guard textBytes >= 0 else { return nil }
    let context = Self.context()
    defer { EVP_CIPHER_CTX_free(context) }
    var text = [UInt8](repeating: 0, count: textBytes + Self.tagBytes)
    var tag = Array(box.suffix(Self.tagBytes))
    var count: Int32 = 0
    var end: Int32 = 0
    let sealed = Array(box[Self.nonceBytes..<(Self.nonceBytes + textBytes)])
    let isOpen =
      EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, box) == 1
      && EVP_DecryptUpdate(context, &text, &count, sealed, Int32(textBytes)) == 1
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagBytes), &tag) == 1
      && text.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        return EVP_DecryptFinal_ex(context, base + Int(count), &end) == 1
      }
    return isOpen ? Array(text.prefix(textBytes)) : nil
  }

  private static func context() -> OpaquePointer {
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("no memory") }
    return context
  }
}
