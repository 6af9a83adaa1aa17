import Security
import Wire

/// What is known of a request by its Idempotency-Key: which one it is, whether it is the same as
/// before, and how its answer is sealed. All of it is derived with the key itself, so that whoever
/// reads the store learns neither the key nor the request nor the answer.
struct RequestKey {
  static let lengthMax = 255

  let id: [UInt8]
  let fingerprint: [UInt8]
  let box: SealedBox

  /// - Parameters:
  ///   - subject: the user, or the address of who has not signed in.
  ///   - message: the call's message, which path, query and body gave.
  init(
    _ header: UnsafeRawBufferPointer, subject: String, route: Route, message: [UInt8]
  ) throws(RPCError) {
    guard (1...Self.lengthMax).contains(header.count),
      header.allSatisfy({ (0x21...0x7e).contains($0) })
    else { throw Problems.badKey }
    let key = Array(header)
    let place = "\(route.method) \(route.pattern)\n\(subject)"
    id = Digest.hmac(Array("request\n\(place)".utf8), key: key)
    let content = Digest.hmac(message, key: key)
    fingerprint = Digest.hmac(Array("fingerprint\n\(place)".utf8), key: content)
    box = SealedBox(key: Digest.hmac(Array("answer\n\(place)".utf8), key: content))
  }
}
