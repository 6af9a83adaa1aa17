import CZlib
import Network

/// Deflates messages one by one (RFC 7692 without context takeover), so that one serves all sockets.
final class Deflater {
  /// Lives as long as the process.
  static let shared = Deflater()

  private let stream: UnsafeMutablePointer<z_stream>
  /// Frames are made once for a room; a higher level costs twice the time for a few bytes.
  private static let level: Int32 = 4

  private init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    precondition(focal_deflate_init(stream, Self.level) == Z_OK, "no memory for zlib")
  }

  /// Appends the deflated message, without the four bytes of its end (section 7.2.1).
  func deflate(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
    deflateReset(stream)
    let room = Int(deflateBound(stream, UInt(bytes.count))) + 16
    _ = buffer.write(reserving: room) { free in
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
      stream.pointee.avail_in = UInt32(bytes.count)
      stream.pointee.next_out = free.assumingMemoryBound(to: UInt8.self).baseAddress
      stream.pointee.avail_out = UInt32(clamping: free.count)
      let result = CZlib.deflate(stream, Z_SYNC_FLUSH)
      precondition(result == Z_OK && stream.pointee.avail_out > 0, "deflateBound was too small")
      return Int(stream.pointee.total_out) - 4
    }
  }
}
