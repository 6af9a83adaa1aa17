import COpenSSL

/// An EVP_PKEY that is freed with its owner.
final class OpenSSLKey {
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes over `pointer`. Throws `notEd25519` for other kinds of keys.
  init(_ pointer: OpaquePointer) throws(KeyError) {
    guard EVP_PKEY_get_id(pointer) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(pointer)
      throw .notEd25519
    }
    self.pointer = pointer
  }

  deinit { EVP_PKEY_free(pointer) }

  /// The 32 bytes of the public key.
  var publicBytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      count = 32
      let done = EVP_PKEY_get_raw_public_key(pointer, buffer.baseAddress, &count)
      precondition(done == 1 && count == 32, "an Ed25519 key has 32 bytes")
    }
  }
}

/// Keys as settings give them: PEM, or base64 (plain or url, padded or not) of the 32 bytes of the key or
/// of its DER form (PKCS #8, SubjectPublicKeyInfo).
enum KeyText {
  static func privateKey(_ text: String) throws(KeyError) -> OpenSSLKey {
    if isPEM(text) {
      return try read(Array(text.utf8)) { bio in
        // An empty passphrase: OpenSSL would ask for that of an encrypted key on the terminal.
        var passphrase: [CChar] = [0]
        return PEM_read_bio_PrivateKey(bio, nil, nil, &passphrase)
      }
    }
    var bytes = try base64(text)
    defer { bytes.withUnsafeMutableBytes { focal_erase($0.baseAddress, $0.count) } }
    guard bytes.count == 32 else { return try read(bytes) { d2i_PrivateKey_bio($0, nil) } }
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, bytes, 32) else {
      throw failure()
    }
    return try OpenSSLKey(key)
  }

  static func publicKey(_ text: String) throws(KeyError) -> OpenSSLKey {
    if isPEM(text) {
      return try read(Array(text.utf8)) { PEM_read_bio_PUBKEY($0, nil, nil, nil) }
    }
    let bytes = try base64(text)
    guard bytes.count == 32 else { return try read(bytes) { d2i_PUBKEY_bio($0, nil) } }
    guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, 32) else {
      throw failure()
    }
    return try OpenSSLKey(key)
  }

  /// The keys in a list: PEM blocks one after the other, or base64 texts between commas or blanks.
  static func split(_ text: String) -> [String] {
    guard isPEM(text) else {
      return text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
    var blocks: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.drop { $0 == "," || $0 == " " }
      if line.hasPrefix("-----BEGIN") { blocks.append("") }
      if !blocks.isEmpty { blocks[blocks.count - 1] += line + "\n" }
    }
    return blocks
  }

  /// The PEM text of a key, which `write` writes.
  static func pem(_ write: (OpaquePointer) -> Int32) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { preconditionFailure("no memory") }
    defer { BIO_free(bio) }
    precondition(write(bio) == 1, "a key cannot be written")
    var start: UnsafePointer<UInt8>?
    let count = focal_memory_bio_bytes(bio, &start)
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private static func isPEM(_ text: String) -> Bool { text.contains("-----BEGIN") }

  private static func read(
    _ bytes: [UInt8], _ body: (OpaquePointer) -> OpaquePointer?
  ) throws(KeyError) -> OpenSSLKey {
    guard let bio = BIO_new(BIO_s_mem()) else { preconditionFailure("no memory") }
    defer { BIO_free(bio) }
    guard BIO_write(bio, bytes, Int32(bytes.count)) == bytes.count, let key = body(bio) else {
      throw failure()
    }
    return try OpenSSLKey(key)
  }

  private static func base64(_ text: String) throws(KeyError) -> [UInt8] {
    var digits = text.utf8.filter { $0 > 0x20 }
    while digits.last == UInt8(ascii: "=") { digits.removeLast() }
    let isURL = digits.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    let values = isURL ? Base64.urlValues : Base64.plainValues
    let bytes = digits.withUnsafeBytes { Base64.decode($0, values) }
    guard let bytes, !bytes.isEmpty, bytes.count <= 4096 else { throw .malformed }
    return bytes
  }

  /// OpenSSL keeps its errors in a queue that the next caller would find.
  private static func failure() -> KeyError {
    ERR_clear_error()
    return .malformed
  }
}
