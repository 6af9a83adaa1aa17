import Wire

/// A bucket of a store that speaks S3, by
/// `https://KEY:SECRET@host[:port]/bucket[/prefix]?region=eu-central-1` (key and secret
/// percent-encoded; the region is `us-east-1` where none is given).
nonisolated struct S3Bucket: Sendable {
  /// `https` or `http`.
  let scheme: String
  /// As in the header: with the port where that is not the scheme's own.
  let host: String
  /// `/bucket` or `/bucket/prefix`.
  let path: String
  let signature: AWSSignature

  /// Nil for what is no such URL.
  init?(_ url: Secret) {
    let text = url.reveal()
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    scheme = text[..<colon].lowercased()
    var rest = text[colon...].dropFirst(3)
    var query: Substring = ""
    if let mark = rest.firstIndex(of: "?") {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    guard let at = rest.lastIndex(of: "@"), let slash = rest[at...].firstIndex(of: "/"),
      let divide = rest[..<at].firstIndex(of: ":"),
      let key = PercentEncoding.decode(rest[..<divide]),
      let secret = PercentEncoding.decode(rest[rest.index(after: divide)..<at])
    else { return nil }
    let authority = rest[rest.index(after: at)..<slash].lowercased()
    let port = scheme == "https" ? ":443" : ":80"
    host = authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
    var path = rest[slash...]
    while path.hasSuffix("/") { path.removeLast() }
    guard !host.isEmpty, !path.isEmpty, !key.isEmpty, !secret.isEmpty,
      path.utf8.allSatisfy(PercentEncoding.isPlain)
    else { return nil }
    self.path = String(path)
    var region = "us-east-1"
    for parameter in query.split(separator: "&") where parameter.hasPrefix("region=") {
      region = String(parameter.dropFirst("region=".count))
    }
    signature = AWSSignature(accessKey: key, secretKey: Secret(secret), region: region)
  }

  /// A signed request for one object. `key` has letters, digits and `-._` only.
  func request(
    _ method: OutgoingRequest.Method, _ key: String, type: String? = nil, body: [UInt8] = []
  ) -> OutgoingRequest {
    let path = "\(path)/\(key)"
    var headers = signature.headers(method.rawValue, host: host, path: path, body: body)
    if let type { headers.append(("Content-Type", type)) }
    return OutgoingRequest(method, "\(scheme)://\(host)\(path)", headers: headers, body: body)
  }
}

/// What stands for itself in a URL's path, and what was escaped (RFC 3986).
private nonisolated enum PercentEncoding {
  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~/".utf8.contains(byte)
    }
  }

  static func decode(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst(), let low = rest.popFirst(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
