import EventLoop
import Glibc
import Security
import Wire

/// Amazon's Signature Version 4, by which S3 and its like know who asks.
nonisolated struct AWSSignature: Sendable {
  var accessKey: String
  var secretKey: Secret
  var region: String
  var service = "s3"

  /// The headers that sign a request whose path needs no further escaping and that has no query.
  func headers(
    _ method: String, host: String, path: String, body: [UInt8],
    at milliseconds: Int64 = WallClock.milliseconds
  ) -> [(name: String, value: String)] {
    let time = Self.time(milliseconds)
    let day = String(time.prefix(8))
    let digest = Hex.encode(Digest.sha256(body))
    let signedNames = "host;x-amz-content-sha256;x-amz-date"
    let request = [
      method, path, "", "host:\(host)", "x-amz-content-sha256:\(digest)", "x-amz-date:\(time)", "",
      signedNames, digest,
    ].joined(separator: "\n")
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let text = [
      "AWS4-HMAC-SHA256", time, scope, Hex.encode(Digest.sha256(request)),
    ].joined(separator: "\n")
    var key = Array("AWS4\(secretKey.reveal())".utf8)
    for part in [day, region, service, "aws4_request"] {
      key = Digest.hmac(Array(part.utf8), key: key)
    }
    let signature = Hex.encode(Digest.hmac(Array(text.utf8), key: key))
    return [
      ("X-Amz-Date", time), ("X-Amz-Content-Sha256", digest),
      (
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), "
          + "SignedHeaders=\(signedNames), Signature=\(signature)"
      ),
    ]
  }

  /// "20261121T143558Z".
  private static func time(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
    return "\(day)T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }
}
