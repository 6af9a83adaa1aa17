import CHiredis

/// A reply of Redis.
nonisolated public enum RedisValue: Sendable, Hashable {
  case null
  case int(Int)
  /// A string, or a status such as `OK`.
  case bytes([UInt8])
  case array([RedisValue])
  /// An error inside an array; at the top it is thrown.
  case error(String)

  public var int: Int? {
    switch self {
    case .int(let number): number
    case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
    default: nil
    }
  }

  public var bytes: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// The string, where it is valid UTF-8.
  public var string: String? {
    if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }

  public var array: [RedisValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  public var isNull: Bool { self == .null }
}

nonisolated extension RedisValue {
  /// hiredis refuses replies nested deeper than 7, so that this recursion has an end.
  init(_ reply: redisReply) {
    switch reply.type {
    case REDIS_REPLY_INTEGER: self = .int(Int(reply.integer))
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
      self = .bytes([UInt8](UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))))
    case REDIS_REPLY_ERROR:
      let text = UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
      self = .error(String(decoding: text, as: UTF8.self))
    case REDIS_REPLY_ARRAY:
      var values: [RedisValue] = []
      values.reserveCapacity(Int(reply.elements))
      for index in 0..<Int(reply.elements) {
        values.append(RedisValue(reply.element[index]!.pointee))
      }
      self = .array(values)
    default: self = .null
    }
  }
}
