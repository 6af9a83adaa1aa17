import EventLoop
import Glibc
import Network

/// Writes answers. One for a server: it keeps what all answers have in common.
final class HTTPEncoder {
  /// What the answer says about its connection.
  enum Persistence {
    /// HTTP/1.1 stays open without a word.
    case implied
    /// HTTP/1.0 has asked for it, and is told.
    case keepAlive
    case close
    /// Behind this answer the connection speaks another protocol.
    case upgrade
  }

  private let serverHeaders: [UInt8]
  /// `Date` and the server-wide headers; made anew each second.
  private var common: [UInt8] = []
  private var commonExpires: UInt64 = 0
  /// The status line, the lengths and `Connection`: what has no length of its own below.
  private static let fixedBytesMax = 192

  init(headers: [HTTPResponse.Header]) {
    let size = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    serverHeaders = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      var writer = HeadWriter(UnsafeMutableRawBufferPointer(buffer))
      for header in headers { writer.append(header) }
      count = writer.count
    }
  }

  /// Appends the answer; its body stays away where the request was a `HEAD`.
  func append(
    _ response: borrowing HTTPResponse, to output: inout ByteBuffer, persistence: Persistence,
    isHead: Bool
  ) {
    refreshCommon()
    let hasBody = !HTTPStatus.forbidsBody(response.status)
    let sentBytes = hasBody && !isHead ? response.body.count : 0
    var size = Self.fixedBytesMax + common.count + sentBytes
    if let type = response.contentType { size += type.utf8.count }
    for header in response.headers { size += header.name.utf8.count + header.value.utf8.count + 4 }
    _ = output.write(reserving: size) { free in
      var writer = HeadWriter(free)
      writer.appendStatusLine(response.status)
      writer.append(common)
      for header in response.headers where !Self.isFraming(header.name) { writer.append(header) }
      if hasBody { writer.appendBodyHeaders(response.contentType, length: response.body.count) }
      switch persistence {
      case .implied: writer.append("\r\n")
      case .keepAlive: writer.append("Connection: keep-alive\r\n\r\n")
      case .close: writer.append("Connection: close\r\n\r\n")
      case .upgrade: writer.append("Connection: Upgrade\r\n\r\n")
      }
      if sentBytes > 0 { writer.append(response.body) }
      return writer.count
    }
  }

  private func refreshCommon() {
    let now = EventLoop.shared.now
    guard now >= commonExpires else { return }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    commonExpires = now &+ 1_000_000_000 &- UInt64(time.tv_nsec)
    common = Array("Date: \(HTTPDate.format(secondsSinceEpoch: time.tv_sec))\r\n".utf8)
    common += serverHeaders
  }

  /// Headers that only the connection may write.
  private static func isFraming(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: name.lowercased() == "date"
    case 10: name.lowercased() == "connection"
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }
}

/// Writes into memory whose size was reckoned before.
nonisolated struct HeadWriter {
  private let memory: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = memory.baseAddress, let source = bytes.baseAddress else { return }
    precondition(bytes.count <= memory.count - count, "an answer is longer than was reckoned")
    memcpy(base + count, source, bytes.count)
    count += bytes.count
  }

  @inline(__always)
  mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ header: HTTPResponse.Header) {
    assert(header.name.utf8.allSatisfy(ByteClass.isToken), "a header name is a token")
    append(text: header.name)
    append(": ")
    append(text: header.value)
    append("\r\n")
  }

  mutating func appendStatusLine(_ status: Int) {
    if status == 200 { return append("HTTP/1.1 200 OK\r\n") }
    append("HTTP/1.1 ")
    append(decimal: status)
    append(" ")
    append(HTTPStatus.phrase(status))
    append("\r\n")
  }

  mutating func appendBodyHeaders(_ type: String?, length: Int) {
    if let type {
      append("Content-Type: ")
      append(text: type)
      append("\r\n")
    }
    append("Content-Length: ")
    append(decimal: length)
    append("\r\n")
  }

  /// A control character would let a value end its header and begin another one.
  private mutating func append(text: String) {
    let start = count
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    guard count > start, let base = memory.baseAddress else { return }
    let bytes = (base + start).assumingMemoryBound(to: UInt8.self)
    guard ByteScan.hasControl(bytes, count: count - start) else { return }
    for index in 0..<(count - start) where ByteClass.isControl(bytes[index]) {
      bytes[index] = UInt8(ascii: " ")
    }
  }

  private mutating func append(decimal value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var left = value.magnitude
      var first = 20
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(left % 10)
        left /= 10
      } while left > 0
      append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[first...]))
    }
  }
}
