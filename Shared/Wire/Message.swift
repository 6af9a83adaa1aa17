import CArena
import CProtobufC

/// A value whose bytes are protobuf's. Generated types conform; nobody else needs to.
public nonisolated protocol Message: Hashable, Sendable {
  /// protobuf-c's struct of the same message.
  associatedtype C
  static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> { get }
  /// How deep messages may lie in each other, of a message that can contain itself; 0: it cannot.
  static var nestingMax: Int { get }
  init(c: UnsafePointer<C>) throws(WireError)
  func fill(_ c: UnsafeMutablePointer<C>, _ arena: borrowing Arena) throws(WireError)
}

nonisolated extension Message {
  @inlinable public static var nestingMax: Int { 0 }

  /// Reads a message of any bytes, hostile ones too.
  public init(bytes: [UInt8]) throws(WireError) {
    let result: Result<Self, WireError> = bytes.withUnsafeBytes { buffer in
      do throws(WireError) {
        return .success(try Self(bytes: buffer))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }

  public init(bytes: UnsafeRawBufferPointer) throws(WireError) {
    let arena = Arena()
    arena.bound(toMessageOf: bytes.count)
    let c = try unpack(Self.descriptor, nestingMax: Self.nestingMax, bytes, arena)
    try self.init(c: c.assumingMemoryBound(to: C.self))
  }

  /// The message's bytes.
  public func bytes() throws(WireError) -> [UInt8] {
    let arena = Arena(limit: .max)
    let c = UnsafeMutableRawPointer(try arena.put(message: self))
    return pack(c.assumingMemoryBound(to: ProtobufCMessage.self))
  }
}

/// Bytes to protobuf-c's struct, which lies in the arena.
nonisolated func unpack(
  _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, nestingMax: Int,
  _ bytes: UnsafeRawBufferPointer, _ arena: borrowing Arena
) throws(WireError) -> UnsafeRawPointer {
  // protobuf-c's unpack recurses without a limit of its own.
  if nestingMax > 0 { try checkNesting(bytes, descriptor, left: nestingMax) }
  guard
    let message = protobuf_c_message_unpack(
      descriptor, arena.allocator, bytes.count,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
  else { throw .malformed }
  return UnsafeRawPointer(message)
}

nonisolated func pack(_ message: UnsafePointer<ProtobufCMessage>) -> [UInt8] {
  let count = protobuf_c_message_get_packed_size(message)
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    if let base = buffer.baseAddress { initialized = protobuf_c_message_pack(message, base) }
  }
}
