import CArena
import CProtobufC
import Glibc

/// The memory of one conversion. Everything that protobuf-c allocates lies in it and goes with it.
///
/// Its limit bounds what hostile bytes can make of themselves: past it every taker throws
/// `WireError.outOfMemory`.
public nonisolated struct Arena: ~Copyable {
  @usableFromInline let raw: UnsafeMutablePointer<focal_arena>
  private let limit: Int

  /// - Parameters:
  ///   - first: bytes of the block that stays over a `reset()`.
  ///   - limit: bytes of all blocks together.
  public init(first: Int = 896, limit: Int = 64 << 20) {
    guard let raw = focal_arena_new(first, limit) else { fatalError("no memory for an arena") }
    self.raw = raw
    self.limit = limit
  }

  deinit { focal_arena_delete(raw) }

  /// Everything handed out is gone.
  @inlinable public func reset() { focal_arena_reset(raw) }

  /// Bytes of all blocks.
  public var size: Int { raw.pointee.total }

  /// Until the next call of this the limit is what `count` bytes of a message may honestly need,
  /// and never more than the arena's own.
  func bound(toMessageOf count: Int) {
    focal_arena_set_limit(raw, min(limit, 64 << 10 + count << 6))
  }

  @inlinable func take(_ count: Int) throws(WireError) -> UnsafeMutableRawPointer {
    guard let pointer = focal_arena_take(raw, count) else { throw .outOfMemory }
    return pointer
  }

  @inlinable var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
    UnsafeMutableRawPointer(raw).assumingMemoryBound(to: ProtobufCAllocator.self)
  }
}

/// Swift values into the arena, for generated code.
nonisolated extension Arena {
  @inlinable public func put(_ string: String) throws(WireError) -> ProtobufCBinaryData {
    var string = string
    // The closure cannot rethrow a typed error, so exhaustion comes out as a nil.
    let data: ProtobufCBinaryData? = string.withUTF8 { copy($0) }
    guard let data else { throw .outOfMemory }
    return data
  }

  @inlinable public func put(_ secret: Secret) throws(WireError) -> ProtobufCBinaryData {
    try put(secret.reveal())
  }

  @inlinable public func put(_ bytes: [UInt8]) throws(WireError) -> ProtobufCBinaryData {
    let data: ProtobufCBinaryData? = bytes.withUnsafeBufferPointer { copy($0) }
    guard let data else { throw .outOfMemory }
    return data
  }

  @inlinable func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> ProtobufCBinaryData? {
    guard let base = bytes.baseAddress, bytes.count > 0 else {
      return ProtobufCBinaryData(len: 0, data: nil)
    }
    guard let pointer = focal_arena_take(raw, bytes.count) else { return nil }
    memcpy(pointer, base, bytes.count)
    return ProtobufCBinaryData(
      len: bytes.count, data: pointer.assumingMemoryBound(to: UInt8.self))
  }

  @inlinable public func put<M: Message>(
    message: M
  ) throws(WireError) -> UnsafeMutablePointer<M.C> {
    let pointer = try take(MemoryLayout<M.C>.stride).assumingMemoryBound(to: M.C.self)
    try message.fill(pointer, self)
    return pointer
  }

  @inlinable public func put<M: Message>(
    messages: [M]
  ) throws(WireError) -> (UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?, Int) {
    if messages.isEmpty { return (nil, 0) }
    let list = try take(messages.count * MemoryLayout<UnsafeMutablePointer<M.C>?>.stride)
      .assumingMemoryBound(to: UnsafeMutablePointer<M.C>?.self)
    let body = try take(messages.count * MemoryLayout<M.C>.stride)
      .assumingMemoryBound(to: M.C.self)
    for index in 0..<messages.count {
      try messages[index].fill(body + index, self)
      list[index] = body + index
    }
    return (list, messages.count)
  }

  @inlinable public func put<Value, Element>(
    array: [Value], _ convert: (Value) throws(WireError) -> Element
  ) throws(WireError) -> (UnsafeMutablePointer<Element>?, Int) {
    if array.isEmpty { return (nil, 0) }
    let pointer = try take(array.count * MemoryLayout<Element>.stride)
      .assumingMemoryBound(to: Element.self)
    for index in 0..<array.count { pointer[index] = try convert(array[index]) }
    return (pointer, array.count)
  }

  /// Entries are written in the order of their keys, so that equal values have equal bytes.
  @inlinable public func put<Value, Entry>(
    map: [String: Value],
    _ fill: (UnsafeMutablePointer<Entry>, String, Value) throws(WireError) -> Void
  ) throws(WireError) -> (UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, Int) {
    if map.isEmpty { return (nil, 0) }
    let list = try take(map.count * MemoryLayout<UnsafeMutablePointer<Entry>?>.stride)
      .assumingMemoryBound(to: UnsafeMutablePointer<Entry>?.self)
    let body = try take(map.count * MemoryLayout<Entry>.stride)
      .assumingMemoryBound(to: Entry.self)
    let entries = map.sorted { $0.key < $1.key }
    for index in 0..<entries.count {
      try fill(body + index, entries[index].key, entries[index].value)
      list[index] = body + index
    }
    return (list, entries.count)
  }
}
