import Security

/// What each side shows of the shared secret: an HMAC over both nonces, never the secret.
struct HandshakeProof {
  enum Side: String {
    case client, server
  }

  static let nonceBytes = 32

  let secret: [UInt8]
  let serverNonce: [UInt8]
  let clientNonce: [UInt8]
  let service: String

  func make(_ side: Side) -> [UInt8] {
    var message = Array("focal-rpc-v1 \(side.rawValue)".utf8)
    message.append(0)
    message += serverNonce
    message += clientNonce
    message += service.utf8
    return Digest.hmac(message, key: secret)
  }

  /// In constant time: the time tells nothing of a right proof.
  func verify(_ proof: [UInt8], of side: Side) -> Bool {
    constantTimeEquals(proof, make(side))
  }
}
