import COpenSSL
import Wire

/// A key that verifies tokens, of one algorithm only.
public final class VerificationKey {
  private enum Material {
    case ed25519(OpenSSLKey, context: OpaquePointer)
    case shared(context: OpaquePointer)
  }

  /// `kid`: of EdDSA the JWK's thumbprint (RFC 7638), so that nobody has to name keys; of HS256 something
  /// that tells secrets apart and nothing about them.
  public let id: String
  public let algorithm: JWTAlgorithm
  private let material: Material
  /// Of EdDSA: `x` of the JWK.
  private let publicText: String?

  /// A public key: PEM (SubjectPublicKeyInfo), or base64 of its 32 bytes or of the DER form.
  public init(ed25519 text: String) throws(KeyError) {
    let key = try KeyText.publicKey(text)
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory") }
    let encoded = Base64URL.encode(key.publicBytes)
    algorithm = .edDSA
    material = .ed25519(key, context: context)
    publicText = encoded
    let thumbprint = Digest.sha256("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"\(encoded)\"}")
    id = Base64URL.encode(thumbprint)
  }

  /// The secret of HS256, at least 32 bytes.
  public init(hs256 secret: Secret) throws(KeyError) {
    let bytes = Array(secret.reveal().utf8)
    guard bytes.count >= 32 else { throw .tooShort }
    algorithm = .hs256
    material = .shared(context: Digest.hmacContext(key: bytes))
    publicText = nil
    id = Base64URL.encode(Array(Digest.hmac(Array("focal key id".utf8), key: bytes).prefix(12)))
  }

  deinit {
    switch material {
    case .ed25519(_, let context): EVP_MD_CTX_free(context)
    case .shared(let context): EVP_MAC_CTX_free(context)
    }
  }

  /// All public keys of `JWT_PUBLIC_KEYS`: PEM blocks, or base64 texts between commas or blanks.
  public static func list(ed25519 text: String) throws(KeyError) -> [VerificationKey] {
    var keys: [VerificationKey] = []
    for part in KeyText.split(text) {
      let key = try VerificationKey(ed25519: part)
      if keys.contains(where: { $0.id == key.id }) { throw .duplicate }
      keys.append(key)
    }
    guard !keys.isEmpty else { throw .malformed }
    return keys
  }

  /// The public key as PEM, for `JWT_PUBLIC_KEYS`; `nil` of a shared secret.
  public var pem: String? {
    guard case .ed25519(let key, _) = material else { return nil }
    return KeyText.pem { PEM_write_bio_PUBKEY($0, key.pointer) }
  }

  /// The public key as a JWK (RFC 8037); `nil` of a shared secret.
  var jwk: String? {
    publicText.map {
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\($0)\",\"kid\":\"\(id)\","
        + "\"alg\":\"EdDSA\",\"use\":\"sig\"}"
    }
  }

  /// Whether `signature` is this key's, of `bytes`.
  func accepts(_ signature: [UInt8], of bytes: UnsafeRawBufferPointer) -> Bool {
    switch material {
    case .ed25519(let key, let context):
      guard signature.count == 64 else { return false }
      let input = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      let ready = EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer)
      let isRight =
        ready == 1 && EVP_DigestVerify(context, signature, 64, input, bytes.count) == 1
      EVP_MD_CTX_reset(context)
      if !isRight { ERR_clear_error() }
      return isRight
    case .shared(let context):
      return constantTimeEquals(Digest.hmac(bytes, in: context), signature)
    }
  }
}

/// The public keys for everybody who verifies tokens: `/.well-known/jwks.json` (RFC 7517).
public enum JSONWebKeySet {
  /// JSON. Shared secrets are left out.
  public static func text(_ keys: [VerificationKey]) -> String {
    "{\"keys\":[" + keys.compactMap(\.jwk).joined(separator: ",") + "]}"
  }
}
