import Network

/// A message as it goes over the wire, made once and written to any number of sockets.
///
/// Holds the plain frame, and the deflated one from when the first socket asks for it.
public final class EncodedFrame {
  /// A shorter message is not deflated: there is nothing to gain.
  public nonisolated static let deflatedFromBytes = 128

  /// The message's length.
  public let payloadBytes: Int
  let plain: ByteBuffer
  private let opcode: Opcode
  private var deflated = ByteBuffer()
  private var isDeflationTried: Bool

  /// A text message; it must be UTF-8.
  public convenience init(text: UnsafeRawBufferPointer) { self.init(.text, text) }

  /// A text message; it must be UTF-8.
  public convenience init(text: [UInt8]) {
    var plain = Self.header(.text, count: text.count)
    plain.append(text)
    self.init(.text, count: text.count, plain: plain)
  }

  public convenience init(text: String) { self.init(text: Array(text.utf8)) }

  public convenience init(binary: UnsafeRawBufferPointer) { self.init(.binary, binary) }

  private convenience init(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
    var plain = Self.header(opcode, count: payload.count)
    plain.append(payload)
    self.init(opcode, count: payload.count, plain: plain)
  }

  private init(_ opcode: Opcode, count: Int, plain: consuming ByteBuffer) {
    self.opcode = opcode
    payloadBytes = count
    self.plain = plain
    isDeflationTried = count < Self.deflatedFromBytes
  }

  // For optimised builds of other modules, which must not inline what this module isolates.
  deinit {}

  /// How many bytes go to a socket that has agreed on this window; nil: on no compression.
  func byteCount(window: DeflateWindow?) -> Int {
    isDeflated(for: window) ? deflated.count : plain.count
  }

  /// Appends the bytes for such a socket.
  func append(to output: inout ByteBuffer, window: DeflateWindow?) {
    withExtendedLifetime(self) {
      output.append(isDeflated(for: window) ? deflated.readableBytes : plain.readableBytes)
    }
  }

  private func isDeflated(for window: DeflateWindow?) -> Bool {
    guard let window, payloadBytes <= window.bytes else { return false }
    if !isDeflationTried { deflate() }
    return !deflated.isEmpty
  }

  /// The header, with room for what follows.
  private static func header(_ opcode: Opcode, count: Int) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserve(FrameHeader.bytesMax + count)
    FrameHeader(opcode: opcode, payloadBytes: count).append(to: &buffer)
    return buffer
  }

  private func deflate() {
    isDeflationTried = true
    let payload = UnsafeRawBufferPointer(
      rebasing: plain.readableBytes[(plain.count - payloadBytes)...])
    var body = ByteBuffer()
    Deflater.shared.deflate(payload, into: &body)
    guard body.count < payloadBytes else { return }
    deflated.reserve(FrameHeader.bytesMax + body.count)
    FrameHeader(opcode: opcode, isDeflated: true, payloadBytes: body.count).append(to: &deflated)
    deflated.append(body.readableBytes)
  }
}
