/// Why a token is refused. For metrics and tests; a client learns only that it was.
public nonisolated enum JWTError: Error, Hashable, Sendable {
  /// Not three parts of base64url, not flat JSON objects, or too long.
  case malformed
  /// An algorithm that is not the key's: `none`, for example.
  case wrongAlgorithm
  /// No key has the header's `kid`.
  case unknownKey
  case wrongSignature
  /// Absent, of another type or out of its bounds.
  case wrongClaim(String)
  case wrongIssuer
  case wrongAudience
  case expired
  /// `nbf` or `iat` lie in the future.
  case notYetValid
}

/// Why a key cannot be used. Never shows the key.
public nonisolated enum KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Neither PEM, nor base64 of a key or of its DER form.
  case malformed
  case notEd25519
  /// A shared secret of fewer bytes than the hash has (RFC 7518 section 3.2).
  case tooShort
  case duplicate

  public var description: String {
    switch self {
    case .malformed: "is neither PEM nor base64 of a key"
    case .notEd25519: "is no Ed25519 key"
    case .tooShort: "has fewer than 32 bytes"
    case .duplicate: "holds a key twice"
    }
  }
}

/// How a token is signed. The key says which one it is, never the token.
public nonisolated enum JWTAlgorithm: String, CaseIterable, Sendable {
  /// Ed25519 (RFC 8037).
  case edDSA = "EdDSA"
  /// HMAC with SHA-256 (RFC 7518).
  case hs256 = "HS256"
}
