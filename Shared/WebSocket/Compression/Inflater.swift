import CZlib

/// Inflates messages one by one (RFC 7692 without context takeover), so that one serves all sockets.
final class Inflater {
  enum Outcome {
    /// Valid until the next message is inflated.
    case message(UnsafeRawBufferPointer)
    case tooBig
    case invalid
  }

  /// Lives as long as the process.
  static let shared = Inflater()

  private let stream: UnsafeMutablePointer<z_stream>
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

  private init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    precondition(focal_inflate_init(stream) == Z_OK, "no memory for zlib")
  }

  /// Inflates a message; stops, whatever is left of it, when it is longer than `limit`.
  func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Outcome {
    if memory.count <= limit {
      memory.deallocate()
      // One byte more: who needs it is over the limit.
      memory = .allocate(byteCount: limit + 1, alignment: 16)
    }
    inflateReset(stream)
    stream.pointee.next_out = memory.assumingMemoryBound(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(limit + 1)
    var failure = take(bytes)
    if failure == nil { failure = Self.tail.withUnsafeBytes { take($0) } }
    if let failure { return failure }
    // zlib's sign of having ended a block: otherwise the last one was cut off.
    guard stream.pointee.data_type & 128 != 0 else { return .invalid }
    let count = limit + 1 - Int(stream.pointee.avail_out)
    return .message(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
  }

  /// Nil when all was taken.
  private func take(_ bytes: UnsafeRawBufferPointer) -> Outcome? {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(bytes.count)
    while stream.pointee.avail_in > 0 {
      switch CZlib.inflate(stream, Z_SYNC_FLUSH) {
      case Z_OK: break
      case Z_STREAM_END:
        // A final block may be followed by others (section 7.2.3.5); they begin anew.
        inflateReset(stream)
      default: return .invalid
      }
      if stream.pointee.avail_out == 0 { return .tooBig }
    }
    return nil
  }
}
