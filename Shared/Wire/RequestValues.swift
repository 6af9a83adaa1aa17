import CProtobufC
import Glibc

/// Single values, of JSON and of path and query.
nonisolated extension RequestBinder {
  mutating func value(
    _ field: UnsafePointer<FieldPlan>, _ place: UnsafeMutableRawPointer, _ arena: borrowing Arena
  ) throws(JSONError) {
    switch field.pointee.kind {
    case .string:
      let text = try reader.string(arena)
      checkText(field, text.bytes, hasNUL: text.hasNUL)
      place.storeBytes(of: text.data, as: ProtobufCBinaryData.self)
    case .bytes:
      try bytes(field, try reader.string(arena).bytes, place, arena)
    case .json:
      try json(field, place, arena)
    case .bool:
      place.storeBytes(of: try reader.bool() ? 1 : 0, as: Int32.self)
    case .int64 where field.pointee.format == .timestamp:
      timestamp(field, try reader.string(arena).bytes, place)
    case .int64, .uint64:
      // What passes 2^53 is written as a string, so a string is taken.
      let isQuoted = reader.take(0x22)
      try number(field, place)
      if isQuoted { try reader.expect(0x22) }
    case .int32, .uint32, .float, .double:
      try number(field, place)
    case .message:
      place.storeBytes(
        of: try object(field.pointee.target, arena), as: UnsafeMutableRawPointer.self)
    case .enumeration:
      choice(field, try reader.string(arena).bytes, place)
    case .map:
      // A map of maps: protobuf has none.
      throw reader.error("unexpected map")
    }
  }

  /// A value of path or query, which is always text.
  mutating func text(
    _ field: UnsafePointer<FieldPlan>, _ text: UnsafeRawBufferPointer, hasNUL: Bool,
    _ place: UnsafeMutableRawPointer, _ arena: borrowing Arena
  ) throws(JSONError) {
    switch field.pointee.kind {
    case .string:
      checkText(field, text, hasNUL: hasNUL)
      let data = ProtobufCBinaryData(
        len: text.count,
        data: UnsafeMutableRawPointer(mutating: text.baseAddress)?
          .assumingMemoryBound(to: UInt8.self))
      place.storeBytes(of: data, as: ProtobufCBinaryData.self)
    case .bytes: try bytes(field, text, place, arena)
    case .int64 where field.pointee.format == .timestamp: timestamp(field, text, place)
    case .enumeration: choice(field, text, place)
    case .bool, .int32, .uint32, .int64, .uint64, .float, .double:
      let body = reader
      reader = JSONReader(trusted: text)
      defer { reader = body }
      do throws(JSONError) {
        if field.pointee.kind == .bool {
          place.storeBytes(of: try reader.bool() ? 1 : 0, as: Int32.self)
        } else {
          try number(field, place)
        }
        if !reader.isAtEnd { violate("type", "is not a \(typeName(field))") }
      } catch {
        violate("type", "is not a \(typeName(field))")
      }
    case .json, .message, .map: throw reader.error("cannot be given in a query")
    }
  }

  private func typeName(_ field: UnsafePointer<FieldPlan>) -> String {
    switch field.pointee.kind {
    case .bool: "boolean: true or false"
    case .float, .double: "number"
    default: "whole number"
    }
  }
}

nonisolated extension RequestBinder {
  /// An object, whose text is kept as it was sent.
  private mutating func json(
    _ field: UnsafePointer<FieldPlan>, _ place: UnsafeMutableRawPointer, _ arena: borrowing Arena
  ) throws(JSONError) {
    guard reader.peek == 0x7b else { throw reader.error("expected an object") }
    let start = reader.position
    var check = JSONCheck(reader)
    try check.value(arena)
    reader = check.reader
    let count = reader.position - start
    if check.hasNUL { violate("nul", "contains U+0000") }
    if count > Int(field.pointee.length.upperBound) {
      violate("too_long", "has more than \(field.pointee.length.upperBound) bytes")
    }
    let data = ProtobufCBinaryData(len: count, data: UnsafeMutablePointer(mutating: start))
    place.storeBytes(of: data, as: ProtobufCBinaryData.self)
  }

  private mutating func checkText(
    _ field: UnsafePointer<FieldPlan>, _ text: UnsafeRawBufferPointer, hasNUL: Bool
  ) {
    if hasNUL { return violate("nul", "contains U+0000") }
    let length = field.pointee.length
    // A scalar has one to four bytes, so most strings need not be counted.
    if text.count > Int(length.upperBound) || text.count < Int(length.lowerBound) * 4,
      let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
    {
      let scalars = scalarCount(start, text.count)
      if scalars > Int(length.upperBound) {
        return violate("too_long", "has more than \(length.upperBound) characters")
      }
      if scalars < Int(length.lowerBound) { return tooShort(length.lowerBound) }
    } else if text.isEmpty, length.lowerBound > 0 {
      return tooShort(length.lowerBound)
    }
    if field.pointee.format != .none, !field.pointee.format.accepts(text) {
      let rule = field.pointee.format.rule
      return violate(rule.code, rule.message)
    }
    if let pattern = field.pointee.pattern, !matches(text, pattern) {
      violate("pattern", "does not have the required form")
    }
  }

  private mutating func tooShort(_ minimum: Int32) {
    violate(
      "too_short",
      minimum == 1 ? "is empty" : "has fewer than \(minimum) characters")
  }

  private func matches(
    _ text: UnsafeRawBufferPointer, _ pattern: UnsafePointer<regex_t>
  ) -> Bool {
    // regexec wants a NUL at the end. There is none inside: that was refused before.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
      UnsafeMutableRawBufferPointer(copy).copyBytes(from: text)
      copy[text.count] = 0
      return regexec(pattern, copy.baseAddress!, 0, nil, 0) == 0
    }
  }

  private mutating func bytes(
    _ field: UnsafePointer<FieldPlan>, _ text: UnsafeRawBufferPointer,
    _ place: UnsafeMutableRawPointer, _ arena: borrowing Arena
  ) throws(JSONError) {
    let decoded: ProtobufCBinaryData?
    do throws(WireError) {
      decoded = try base64Decoded(text, arena)
    } catch {
      throw reader.error("the request needs too much memory")
    }
    guard let data = decoded else { return violate("base64", "is not base64") }
    let length = field.pointee.length
    if data.len > Int(length.upperBound) {
      violate("too_long", "has more than \(length.upperBound) bytes")
    } else if data.len < Int(length.lowerBound) {
      violate("too_short", "has fewer than \(length.lowerBound) bytes")
    }
    place.storeBytes(of: data, as: ProtobufCBinaryData.self)
  }

  private mutating func timestamp(
    _ field: UnsafePointer<FieldPlan>, _ text: UnsafeRawBufferPointer,
    _ place: UnsafeMutableRawPointer
  ) {
    guard let value = Timestamp.milliseconds(text) else {
      let rule = FieldFormat.timestamp.rule
      return violate(rule.code, rule.message)
    }
    place.storeBytes(of: value, as: Int64.self)
  }

  private mutating func choice(
    _ field: UnsafePointer<FieldPlan>, _ text: UnsafeRawBufferPointer,
    _ place: UnsafeMutableRawPointer
  ) {
    let plan = table.enums[field.pointee.target]
    for index in 0..<plan.count where plan.values[index].name.isEqual(to: text) {
      place.storeBytes(of: plan.values[index].number, as: Int32.self)
      return
    }
    let names = (0..<plan.count).map {
      String(decoding: plan.values[$0].name, as: UTF8.self)
    }
    violate("value", "is none of \(names.joined(separator: ", "))")
  }

  /// A number at the reader's place.
  private mutating func number(
    _ field: UnsafePointer<FieldPlan>, _ place: UnsafeMutableRawPointer
  ) throws(JSONError) {
    switch field.pointee.kind {
    case .double:
      let value = try reader.double()
      checkBounds(field, value)
      place.storeBytes(of: value, as: Double.self)
    case .float:
      let value = try reader.double()
      checkBounds(field, value)
      let narrow = Float(value)
      if narrow.isInfinite { violate("max", "is too large") }
      place.storeBytes(of: narrow, as: Float.self)
    case .uint64:
      switch try reader.integer() {
      case .tooLarge(false): violate("max", "is more than \(UInt64.max)")
      case .tooLarge(true): violate("min", "is negative")
      case .value(let magnitude, let negative):
        if negative, magnitude != 0 { return violate("min", "is negative") }
        checkBounds(field, Double(magnitude))
        place.storeBytes(of: magnitude, as: UInt64.self)
      }
    case .int64: store(try signed(field, .min ... .max), place)
    case .int32: store32(try signed(field, -2_147_483_648...2_147_483_647), place)
    default: store32(try signed(field, 0...4_294_967_295), place)
    }
  }

  private func store(_ value: Int64?, _ place: UnsafeMutableRawPointer) {
    if let value { place.storeBytes(of: value, as: Int64.self) }
  }

  private func store32(_ value: Int64?, _ place: UnsafeMutableRawPointer) {
    if let value {
      place.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    }
  }

  /// nil: it breaks the type's or the field's bounds, which is noted.
  private mutating func signed(
    _ field: UnsafePointer<FieldPlan>, _ range: ClosedRange<Int64>
  ) throws(JSONError) -> Int64? {
    switch try reader.integer() {
    case .tooLarge(let negative):
      tooFar(field, negative: negative, range)
      return nil
    case .value(let magnitude, let negative):
      let limit = negative ? UInt64(1) << 63 : UInt64(Int64.max)
      guard magnitude <= limit else {
        tooFar(field, negative: negative, range)
        return nil
      }
      let value = Int64(truncatingIfNeeded: negative ? 0 &- magnitude : magnitude)
      guard range.contains(value) else {
        tooFar(field, negative: negative, range)
        return nil
      }
      if !field.pointee.isUnbounded { checkBounds(field, Double(value)) }
      return value
    }
  }

  /// Notes that an integer is beyond its type, by the field's own bound where it has one.
  private mutating func tooFar(
    _ field: UnsafePointer<FieldPlan>, negative: Bool, _ range: ClosedRange<Int64>
  ) {
    let bound = negative ? field.pointee.minimum : field.pointee.maximum
    if negative {
      violate("min", "is less than \(bound.isFinite ? number(bound) : "\(range.lowerBound)")")
    } else {
      violate("max", "is more than \(bound.isFinite ? number(bound) : "\(range.upperBound)")")
    }
  }

  private mutating func checkBounds(_ field: UnsafePointer<FieldPlan>, _ value: Double) {
    let minimum = field.pointee.minimum
    if field.pointee.traits.contains(.exclusiveMinimum) {
      if value <= minimum { return violate("min", "is not more than \(number(minimum))") }
    } else if value < minimum {
      return violate("min", "is less than \(number(minimum))")
    }
    if value > field.pointee.maximum {
      violate("max", "is more than \(number(field.pointee.maximum))")
    }
  }

  private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}
