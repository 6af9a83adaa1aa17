import CWslay

/// Takes the bytes of one connection apart into frames, without I/O: wslay's frames, in memory.
///
/// wslay's context has a buffer of 4 KiB, which is needed only inside a frame: between frames a reader
/// owns nothing, and contexts are used again by the next one.
struct FrameReader: ~Copyable {
  /// What the header of a frame says.
  struct Frame {
    var isFinal: Bool
    /// RSV1, RSV2 and RSV3, from the highest bit of three.
    var reserved: UInt8
    var opcode: UInt8
    var isMasked: Bool
    var payloadBytes: UInt64
  }

  enum Step {
    case needMore
    /// A stretch of a frame's payload, unmasked; valid until the next call.
    case part(Frame, UnsafeRawBufferPointer, isFirst: Bool, isLast: Bool)
    /// Nothing after this can be trusted: a length or a control frame that cannot be.
    case violation
  }

  private var context: UnsafeMutablePointer<focal_frame_reader>?
  /// What was given to the context and belongs to no whole frame yet.
  private var unframedBytes = 0
  /// How much of the payload of the frame at hand has come.
  private var payloadOffset: UInt64 = 0
  private var isInsideFrame = false

  init() {}

  deinit {
    if let context { focal_frame_reader_free(context) }
  }

  /// Gives what has come; call `next` until it needs more, and keep the bytes until then.
  mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    let context = self.context ?? FrameContexts.take()
    self.context = context
    context.pointee.bytes = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    context.pointee.count = bytes.count
    unframedBytes += bytes.count
  }

  mutating func next() -> Step {
    guard let context else { return .needMore }
    var part = wslay_frame_iocb()
    let result = wslay_frame_recv(context.pointee.context, &part)
    if result == Int(WSLAY_ERR_WANT_READ.rawValue) {
      rest()
      return .needMore
    }
    guard result >= 0 else { return .violation }
    let isFirst = !isInsideFrame
    if isFirst { payloadOffset = 0 }
    payloadOffset += UInt64(part.data_length)
    let isLast = payloadOffset == part.payload_length
    isInsideFrame = !isLast
    if isLast {
      unframedBytes -= Self.headerBytes(part) + Int(clamping: part.payload_length)
    }
    let frame = Frame(
      isFinal: part.fin == 1, reserved: part.rsv, opcode: part.opcode, isMasked: part.mask == 1,
      payloadBytes: part.payload_length)
    return .part(
      frame, UnsafeRawBufferPointer(start: part.data, count: part.data_length), isFirst: isFirst,
      isLast: isLast)
  }

  /// All that was given is consumed; between frames the context goes to the next one who needs it.
  private mutating func rest() {
    guard unframedBytes == 0, let context else { return }
    FrameContexts.give(context)
    self.context = nil
  }

  private static func headerBytes(_ part: wslay_frame_iocb) -> Int {
    let length = part.payload_length < 126 ? 0 : part.payload_length < 65536 ? 2 : 8
    return 2 + length + (part.mask == 1 ? 4 : 0)
  }
}

/// Contexts that nobody uses: one is enough unless many peers are in the middle of a frame.
private enum FrameContexts {
  private static var free: [UnsafeMutablePointer<focal_frame_reader>] = []
  private static let keptMax = 64

  static func take() -> UnsafeMutablePointer<focal_frame_reader> {
    if let context = free.popLast() { return context }
    guard let context = focal_frame_reader_new() else { fatalError("no memory for a frame") }
    return context
  }

  static func give(_ context: UnsafeMutablePointer<focal_frame_reader>) {
    if free.count < keptMax {
      free.append(context)
    } else {
      focal_frame_reader_free(context)
    }
  }
}
