import CProtobufC

/// protobuf-c's values as Swift's, for generated code.
public nonisolated enum Bridge {
  @inlinable public static func string(
    _ data: ProtobufCBinaryData
  ) throws(WireError) -> String {
    guard data.len > 0, let pointer = data.data else { return "" }
    let buffer = UnsafeBufferPointer(start: pointer, count: data.len)
    // String(validating:) took 55 ns where this takes 25.
    guard isUTF8(UnsafeRawBufferPointer(buffer)) else { throw .notUTF8 }
    return String(decoding: buffer, as: UTF8.self)
  }

  @inlinable public static func secret(
    _ data: ProtobufCBinaryData
  ) throws(WireError) -> Secret {
    Secret(try string(data))
  }

  @inlinable public static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    Array(UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len))
  }

  @inlinable public static func message<M: Message>(
    _ pointer: UnsafeMutablePointer<M.C>?
  ) throws(WireError) -> M? {
    guard let pointer else { return nil }
    return try M(c: pointer)
  }

  @inlinable public static func messages<M: Message>(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?, _ count: Int
  ) throws(WireError) -> [M] {
    guard count > 0, let list else { return [] }
    var result: [M] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      guard let pointer = list[index] else { throw .malformed }
      result.append(try M(c: pointer))
    }
    return result
  }

  @inlinable public static func array<Element, Value>(
    _ list: UnsafeMutablePointer<Element>?, _ count: Int,
    _ convert: (Element) throws(WireError) -> Value
  ) throws(WireError) -> [Value] {
    guard count > 0, let list else { return [] }
    var result: [Value] = []
    result.reserveCapacity(count)
    for index in 0..<count { result.append(try convert(list[index])) }
    return result
  }

  @inlinable public static func map<Entry, Value>(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, _ count: Int,
    _ convert: (UnsafePointer<Entry>) throws(WireError) -> (String, Value)
  ) throws(WireError) -> [String: Value] {
    guard count > 0, let list else { return [:] }
    var result: [String: Value] = [:]
    result.reserveCapacity(count)
    for index in 0..<count {
      guard let pointer = list[index] else { throw .malformed }
      let (key, value) = try convert(pointer)
      result[key] = value
    }
    return result
  }
}
