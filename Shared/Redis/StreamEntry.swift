/// What a stream holds, or gave: names and values.
nonisolated public struct StreamEntry: Sendable, Hashable {
  /// `milliseconds-number`, by Redis.
  public let id: String
  public let fields: [String: [UInt8]]
  /// How often the group was given it, this time included.
  public internal(set) var deliveries = 1

  /// Nil where the reply is no entry; one that was deleted meanwhile has no fields.
  init?(_ reply: RedisValue) {
    guard let parts = reply.array, parts.count == 2, let id = parts[0].string,
      let values = parts[1].array, values.count.isMultiple(of: 2)
    else { return nil }
    self.id = id
    var fields: [String: [UInt8]] = [:]
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let name = values[index].string, let value = values[index + 1].bytes else {
        return nil
      }
      fields[name] = value
    }
    self.fields = fields
  }

  public func text(_ name: String) -> String? {
    fields[name].flatMap { String(validating: $0, as: UTF8.self) }
  }
}
