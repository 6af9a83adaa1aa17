import COpenSSL
import Wire

/// A key that signs tokens.
public final class SigningKey {
  private enum Material {
    case ed25519(OpenSSLKey)
    case shared([UInt8])
  }

  private let material: Material
  /// The key that verifies what this one signs. Of EdDSA it is the public one.
  public let verificationKey: VerificationKey

  /// The header's `kid`.
  public var id: String { verificationKey.id }
  public var algorithm: JWTAlgorithm { verificationKey.algorithm }

  private init(ed25519 key: OpenSSLKey) throws(KeyError) {
    material = .ed25519(key)
    verificationKey = try VerificationKey(ed25519: Base64URL.encode(key.publicBytes))
  }

  /// An Ed25519 key: PEM (PKCS #8), or base64 of its 32 bytes or of the DER form.
  public convenience init(ed25519 text: Secret) throws(KeyError) {
    try self.init(ed25519: KeyText.privateKey(text.reveal()))
  }

  /// The secret of HS256, at least 32 bytes.
  public init(hs256 secret: Secret) throws(KeyError) {
    verificationKey = try VerificationKey(hs256: secret)
    material = .shared(Array(secret.reveal().utf8))
  }

  /// A new Ed25519 key.
  public static func generate() -> SigningKey {
    do {
      return try SigningKey(ed25519: RandomBytes.token(bytes: 32))
    } catch {
      preconditionFailure("any 32 bytes are an Ed25519 key: \(error)")
    }
  }

  /// The Ed25519 key as PEM (PKCS #8), for `JWT_PRIVATE_KEY`; `nil` of a shared secret.
  public var pem: Secret? {
    guard case .ed25519(let key) = material else { return nil }
    return Secret(
      KeyText.pem { PEM_write_bio_PrivateKey($0, key.pointer, nil, nil, 0, nil, nil) })
  }

  func sign(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    switch material {
    case .ed25519(let key): SigningKey.sign(bytes, key)
    case .shared(let secret): Digest.hmac(bytes, key: secret)
    }
  }

  private static func sign(_ bytes: UnsafeRawBufferPointer, _ key: OpenSSLKey) -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    defer { EVP_MD_CTX_free(context) }
    return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      count = 64
      let input = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      let ready = EVP_DigestSignInit(context, nil, nil, nil, key.pointer)
      let done = EVP_DigestSign(context, buffer.baseAddress, &count, input, bytes.count)
      precondition(ready == 1 && done == 1 && count == 64, "Ed25519 cannot sign")
    }
  }
}
