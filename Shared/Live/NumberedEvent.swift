import Contracts
import Wire

/// An event with its number, as channels and logs hold it: the number in 8 bytes, the highest first,
/// then the `LiveEvent`.
nonisolated public struct NumberedEvent: Hashable, Sendable {
  /// Counts up by one in a channel; in a user's it jumps ahead when Redis has forgotten it.
  public let seq: Int64
  public let event: LiveEvent

  public init(seq: Int64, event: LiveEvent) {
    self.seq = seq
    self.event = event
  }

  /// Throws `WireError` where the bytes are none.
  public init(payload: [UInt8]) throws(WireError) {
    guard payload.count >= 8 else { throw .malformed }
    seq = payload.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    let result: Result<LiveEvent, WireError> = payload.withUnsafeBytes { buffer in
      do throws(WireError) {
        return .success(
          try LiveEvent(bytes: UnsafeRawBufferPointer(rebasing: buffer.dropFirst(8))))
      } catch {
        return .failure(error)
      }
    }
    event = try result.get()
  }

  /// The bytes that channels and logs hold.
  public func payload() throws(WireError) -> [UInt8] {
    let bytes = try event.bytes()
    let number = (0..<8).map { UInt8(truncatingIfNeeded: seq >> (56 - 8 * $0)) }
    return number + bytes
  }
}
