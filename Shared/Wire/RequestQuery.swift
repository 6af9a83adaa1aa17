import CArena
import CProtobufC

/// Path and query.
nonisolated extension RequestBinder {
  /// The values of a path's variables.
  /// - Returns: false where a value cannot be one of the field's: nothing is there.
  mutating func path(
    _ values: [UnsafeRawBufferPointer], _ fields: [Int], of message: UnsafeMutableRawPointer,
    _ plan: UnsafePointer<MessagePlan>, _ arena: borrowing Arena
  ) throws(JSONError) -> Bool {
    guard values.count == fields.count else { return false }
    for index in 0..<fields.count {
      let field = UnsafePointer(plan.pointee.fields) + fields[index]
      self.field = field
      guard let decoded = try decoded(values[index], plusIsSpace: false, arena) else {
        throw reader.error("is not well encoded")
      }
      try single(field, decoded, message, arena)
      if !violations.isEmpty { return false }
      seen |= 1 << UInt64(fields[index])
      present |= 1 << UInt64(fields[index])
    }
    self.field = nil
    return true
  }

  /// `a=1&b=2&b=3`: a field that is a list may come several times.
  mutating func query(
    _ query: UnsafeRawBufferPointer, of message: UnsafeMutableRawPointer,
    _ plan: UnsafePointer<MessagePlan>, _ arena: borrowing Arena
  ) throws(JSONError) {
    var lists: [Int: ElementList] = [:]
    for pair in query.split(separator: 0x26, omittingEmptySubsequences: true) {
      let mark = pair.firstIndex(of: 0x3d) ?? pair.endIndex
      let rawName = UnsafeRawBufferPointer(rebasing: pair[..<mark])
      let rawValue = UnsafeRawBufferPointer(rebasing: pair[mark...].dropFirst())
      guard let name = try decoded(rawName, plusIsSpace: true, arena) else {
        throw reader.error("the query is not well encoded")
      }
      let index = plan.pointee.names.field(name.bytes)
      // Addresses are logged and kept in histories: no secret is taken from one.
      guard index >= 0, plan.pointee.fields[index].isText,
        !plan.pointee.fields[index].traits.contains(.secret)
      else {
        unknown = String(decoding: name.bytes.prefix(64), as: UTF8.self)
        throw reader.error("unknown query parameter")
      }
      let field = UnsafePointer(plan.pointee.fields) + index
      self.field = field
      sentName = name.bytes
      // Clients forget to escape the plus of an offset; no time contains a space.
      let plusIsSpace = field.pointee.format != .timestamp
      guard let value = try decoded(rawValue, plusIsSpace: plusIsSpace, arena) else {
        throw reader.error("is not well encoded")
      }
      let bit: UInt64 = 1 << UInt64(index)
      if field.pointee.traits.contains(.repeated) {
        if seen & bit != 0, lists[index] == nil { throw reader.error("given twice") }
        try element(
          field, value, &lists[index, default: ElementList(width: field.pointee.width)],
          arena)
      } else {
        if seen & bit != 0 { throw reader.error("given twice") }
        try single(field, value, message, arena)
      }
      seen |= bit
      present |= bit
      self.field = nil
      sentName = nil
    }
    for (index, list) in lists {
      let field = UnsafePointer(plan.pointee.fields) + index
      self.field = field
      checkItems(field, list.count)
      (message + field.pointee.offset).storeBytes(
        of: list.start, as: UnsafeMutableRawPointer?.self)
      (message + field.pointee.quantifier).storeBytes(of: list.count, as: Int.self)
    }
    self.field = nil
  }

  private mutating func single(
    _ field: UnsafePointer<FieldPlan>, _ value: PercentDecoded,
    _ message: UnsafeMutableRawPointer, _ arena: borrowing Arena
  ) throws(JSONError) {
    try choose(field, message)
    try text(field, value.bytes, hasNUL: value.hasNUL, message + field.pointee.offset, arena)
  }

  private mutating func element(
    _ field: UnsafePointer<FieldPlan>, _ value: PercentDecoded, _ list: inout ElementList,
    _ arena: borrowing Arena
  ) throws(JSONError) {
    // One past the limit is enough to know that it is broken.
    list.count = min(list.count, Int(field.pointee.items.upperBound))
    index = list.count
    guard let place = list.place(arena) else {
      throw reader.error("the request needs too much memory")
    }
    try text(field, value.bytes, hasNUL: value.hasNUL, place, arena)
    index = -1
  }

  private func decoded(
    _ text: UnsafeRawBufferPointer, plusIsSpace: Bool, _ arena: borrowing Arena
  ) throws(JSONError) -> PercentDecoded? {
    do throws(WireError) {
      return try PercentDecoded(text, plusIsSpace: plusIsSpace, arena)
    } catch {
      throw reader.error("the request needs too much memory")
    }
  }
}
