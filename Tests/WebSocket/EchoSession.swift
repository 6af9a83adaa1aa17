import Network

@testable import WebSocket

/// A session without a socket that sends every message back.
struct EchoSession: ~Copyable {
  private var session: WebSocketSession
  private var output = ByteBuffer()
  private let window: DeflateWindow?
  private(set) var ends: [SocketEnd] = []
  private(set) var messages = 0

  init(isCompressed: Bool = false, limit: Int = 64 << 10) {
    window = isCompressed ? .largest : nil
    session = WebSocketSession(messageBytesMax: limit, isCompressed: isCompressed)
  }

  /// What the session holds of a message that is not whole.
  var heldBytes: Int { session.heldBytes }
  /// All that the server has sent.
  var sent: [UInt8] { Array(output.readableBytes) }

  mutating func receive(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      session.feed(bytes)
      while true {
        switch session.next(&output) {
        case .needMore, .finished: return
        case .ended(let end): ends.append(end)
        case .message(.text(let text)):
          messages += 1
          EncodedFrame(text: text).append(to: &output, window: window)
        case .message(.binary(let bytes)):
          messages += 1
          EncodedFrame(binary: bytes).append(to: &output, window: window)
        }
      }
    }
  }

  mutating func close(_ code: CloseCode, _ reason: String) {
    session.close(code, reason, &output)
  }

  mutating func clear() { output.clear() }
}
