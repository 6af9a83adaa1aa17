import Testing

/// What a client sends to a server that sends every message back, and all that it gets. The classes
/// are those of the Autobahn test suite; the cases are written from RFC 6455 and RFC 7692.
nonisolated struct FrameCase: Sendable, CustomTestStringConvertible {
  var name: String
  var input: [UInt8]
  var replies: [Reply]
  /// permessage-deflate was agreed on.
  var isCompressed = false
  var testDescription: String { name }

  init(_ name: String, _ frames: [[UInt8]], _ replies: [Reply], isCompressed: Bool = false) {
    self.name = name
    input = Array(frames.joined())
    self.replies = replies
    self.isCompressed = isCompressed
  }

  /// The server has said its last word.
  var isEnded: Bool {
    if case .close = replies.last { true } else { false }
  }
}
