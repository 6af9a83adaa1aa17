import Security
import Wire

/// By which a receiver knows that a delivery is ours, whole, and not an old one sent again:
/// `t=<seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `<seconds>.<body>` by the webhook's secret.
nonisolated enum WebhookSignature {
  static let header = "Focal-Signature"

  static func text(of body: [UInt8], secret: Secret, atSeconds seconds: Int64) -> String {
    let signed = Array("\(seconds).".utf8) + body
    let digest = Digest.hmac(signed, key: Array(secret.reveal().utf8))
    return "t=\(seconds),v1=\(Hex.encode(digest))"
  }
}
