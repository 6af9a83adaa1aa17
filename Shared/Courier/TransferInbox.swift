import CCurl
import Glibc

/// What libcurl's callbacks leave for a transfer, and what they have to know: they are plain
/// functions that come while the loop calls into libcurl.
nonisolated final class TransferInbox {
  private(set) var body: [UInt8] = []
  private(set) var headers: [(name: String, value: String)] = []
  /// The body was larger than the caller takes.
  private(set) var isOverfull = false
  /// An address was refused.
  private(set) var metForbiddenAddress = false

  private let bodyBytesMax: Int
  private let reach: Courier.Reach
  private static let headersMax = 100
  private static let headerBytesMax = 8 << 10

  init(bodyBytesMax: Int, reach: Courier.Reach) {
    self.bodyBytesMax = bodyBytesMax
    self.reach = reach
  }

  /// The handle must not outlive the inbox.
  func attach(to handle: EasyHandle) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    handle.set(CURLOPT_WRITEDATA, context: context)
    handle.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      TransferInbox.of(context).takeBody(bytes, size * count)
    }
    handle.set(CURLOPT_HEADERDATA, context: context)
    handle.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      TransferInbox.of(context).takeHeader(bytes, size * count)
    }
    handle.note(
      focal_curl_set_open(
        handle.raw,
        { context, _, address in
          guard let address else { return curl_socket_t(-1) }
          return TransferInbox.of(context).open(&address.pointee)
        }, context))
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> TransferInbox {
    guard let context else { preconditionFailure("libcurl lost its context") }
    return Unmanaged<TransferInbox>.fromOpaque(context).takeUnretainedValue()
  }

  /// Taking less than there is ends the transfer.
  private func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    let taken = min(count, bodyBytesMax - body.count)
    body += UnsafeRawBufferPointer(start: bytes, count: taken)
    if taken < count { isOverfull = true }
    return taken
  }

  private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    if line.starts(with: "HTTP/".utf8) {
      // The head of the answer itself, after one with a status of 100 to 199.
      headers.removeAll()
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), headers.count < Self.headersMax,
      count <= Self.headerBytesMax
    {
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let value = String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)
      headers.append((name: name, value: value))
    }
    return count
  }

  private static func trimmed(
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer> {
    var rest = bytes
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    return rest
  }

  /// The last word on where a transfer goes: it sees the very address that is connected to, so no
  /// name can change its meaning between a check and its use.
  private func open(_ address: inout curl_sockaddr) -> curl_socket_t {
    if reach == .publicOnly {
      let isPublic = withUnsafePointer(to: &address.addr) {
        PublicAddress.contains($0, family: address.family)
      }
      guard isPublic else {
        metForbiddenAddress = true
        return curl_socket_t(-1)
      }
    }
    return socket(
      address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
  }
}
