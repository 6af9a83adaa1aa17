import Network

/// What a frame is for (`protos/WIRE.md`, Frame).
nonisolated enum FrameKind: UInt8, Sendable {
  case hello = 1
  case request = 2
  case response = 3
  case error = 4
  case cancel = 5
  case ping = 6
  case pong = 7
  case goaway = 8
  case item = 9

  /// Whether its frames carry a call's id.
  var belongsToCall: Bool {
    switch self {
    case .request, .response, .error, .cancel, .item: true
    case .hello, .ping, .pong, .goaway: false
    }
  }
}

/// One frame. The body lies in memory of somebody else.
nonisolated struct Frame {
  /// Length field, kind, flags, reserved, call id, method id.
  static let headerBytes = 16
  /// What `length` counts besides the body.
  static let lengthBytesMin = 12
  /// The largest `length`, once the peer is known.
  static let lengthBytesMax = 4 << 20
  /// The largest `length` before that.
  static let helloLengthBytesMax = 4096
  /// The longest body of a ping.
  static let pingBytesMax = 64
  /// Flag of an error frame: the call was not begun.
  static let refusedFlag: UInt8 = 1

  var kind: FrameKind
  var flags: UInt8 = 0
  var callID: UInt32 = 0
  var methodID: UInt32 = 0
  var body: UnsafeRawBufferPointer
}

extension ByteBuffer {
  /// Appends a frame's header; `bodyBytes` bytes of body must follow.
  @inline(__always)
  mutating func appendFrameHeader(
    _ kind: FrameKind, flags: UInt8 = 0, callID: UInt32 = 0, methodID: UInt32 = 0, bodyBytes: Int
  ) {
    _ = write(reserving: Frame.headerBytes + bodyBytes) { free in
      let length = UInt32(Frame.lengthBytesMin + bodyBytes)
      let kindAndFlags = UInt32(kind.rawValue) << 24 | UInt32(flags) << 16
      free.storeBytes(of: length.bigEndian, toByteOffset: 0, as: UInt32.self)
      free.storeBytes(of: kindAndFlags.bigEndian, toByteOffset: 4, as: UInt32.self)
      free.storeBytes(of: callID.bigEndian, toByteOffset: 8, as: UInt32.self)
      free.storeBytes(of: methodID.bigEndian, toByteOffset: 12, as: UInt32.self)
      return Frame.headerBytes
    }
  }

  mutating func appendFrame(
    _ kind: FrameKind, flags: UInt8 = 0, callID: UInt32 = 0, _ body: [UInt8] = []
  ) {
    appendFrameHeader(kind, flags: flags, callID: callID, bodyBytes: body.count)
    append(body)
  }
}
