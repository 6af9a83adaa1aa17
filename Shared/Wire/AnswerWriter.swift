import CProtobufC

/// protobuf-c's struct as JSON, by offsets.
///
/// A field that is not `optional` is always written; an `optional` one that is absent is left out,
/// or null where the contract says so; a message that is absent is null.
nonisolated struct AnswerWriter {
  let messages: UnsafePointer<MessagePlan>
  let enums: UnsafePointer<EnumPlan>

  func object(
    _ message: UnsafeRawPointer, _ plan: UnsafePointer<MessagePlan>,
    names: [Route.FurtherName] = [], into out: inout JSONWriter
  ) {
    out.byte(0x7b)
    // Each key is kept with a comma in front; the first is written without.
    var skip = 1
    let fields = UnsafePointer(plan.pointee.fields)
    for index in 0..<plan.pointee.fieldCount {
      let field = fields + index
      guard isWritten(field, message) else { continue }
      out.raw(field.pointee.key + skip, field.pointee.keyCount &- skip)
      skip = 0
      member(message, field, into: &out)
    }
    for name in names {
      let field = fields + name.field
      guard isWritten(field, message) else { continue }
      if skip == 0 { out.byte(0x2c) }
      skip = 0
      out.byte(0x22)
      out.raw(name.name)
      out.raw("\":")
      member(message, field, into: &out)
    }
    out.byte(0x7d)
  }

  @inline(__always) private func isChosen(
    _ field: UnsafePointer<FieldPlan>, _ message: UnsafeRawPointer
  ) -> Bool {
    !field.pointee.isOneof
      || (message + field.pointee.quantifier).load(as: UInt32.self) == field.pointee.tag
  }

  @inline(__always) private func isWritten(
    _ field: UnsafePointer<FieldPlan>, _ message: UnsafeRawPointer
  ) -> Bool {
    isChosen(field, message) || field.pointee.traits.contains(.nullable)
  }

  @inline(__always) private func member(
    _ message: UnsafeRawPointer, _ field: UnsafePointer<FieldPlan>, into out: inout JSONWriter
  ) {
    let place = message + field.pointee.offset
    if field.pointee.kind == .map {
      map(place, message + field.pointee.quantifier, field, into: &out)
    } else if field.pointee.traits.contains(.repeated) {
      list(place, message + field.pointee.quantifier, field, into: &out)
    } else if isChosen(field, message) {
      value(place, field, into: &out)
    } else {
      out.raw("null")
    }
  }

  private func list(
    _ place: UnsafeRawPointer, _ quantifier: UnsafeRawPointer, _ field: UnsafePointer<FieldPlan>,
    into out: inout JSONWriter
  ) {
    out.byte(0x5b)
    let count = quantifier.load(as: Int.self)
    if count > 0, let start = place.load(as: UnsafeRawPointer?.self) {
      for index in 0..<count {
        if index > 0 { out.byte(0x2c) }
        value(start + index &* field.pointee.width, field, into: &out)
      }
    }
    out.byte(0x5d)
  }

  private func map(
    _ place: UnsafeRawPointer, _ quantifier: UnsafeRawPointer, _ field: UnsafePointer<FieldPlan>,
    into out: inout JSONWriter
  ) {
    out.byte(0x7b)
    let count = quantifier.load(as: Int.self)
    if count > 0, let start = place.load(as: UnsafePointer<UnsafeRawPointer>?.self) {
      let entry = UnsafePointer(messages[field.pointee.target].fields)
      for index in 0..<count {
        if index > 0 { out.byte(0x2c) }
        value(start[index] + entry[0].offset, entry, into: &out)
        out.byte(0x3a)
        value(start[index] + entry[1].offset, entry + 1, into: &out)
      }
    }
    out.byte(0x7d)
  }

  private func value(
    _ place: UnsafeRawPointer, _ field: UnsafePointer<FieldPlan>, into out: inout JSONWriter
  ) {
    switch field.pointee.kind {
    case .string: out.string(content(place))
    case .bytes: out.base64(content(place))
    case .json:
      if field.pointee.traits.contains(.written) {
        out.written(content(place))
      } else {
        out.json(content(place))
      }
    case .bool: out.raw(place.load(as: Int32.self) != 0 ? "true" : "false")
    case .int32: out.integer(Int64(place.load(as: Int32.self)))
    case .uint32: out.integer(UInt64(place.load(as: UInt32.self)))
    case .int64:
      let value = place.load(as: Int64.self)
      if field.pointee.format == .timestamp {
        out.timestamp(value)
      } else {
        let isQuoted = value.magnitude > 1 << 53
        if isQuoted { out.byte(0x22) }
        out.integer(value)
        if isQuoted { out.byte(0x22) }
      }
    case .uint64:
      let value = place.load(as: UInt64.self)
      let isQuoted = value > 1 << 53
      if isQuoted { out.byte(0x22) }
      out.integer(value)
      if isQuoted { out.byte(0x22) }
    case .float: out.float(place.load(as: Float.self))
    case .double: out.double(place.load(as: Double.self))
    case .enumeration: choice(place.load(as: Int32.self), field.pointee.target, into: &out)
    case .message:
      if let message = place.load(as: UnsafeRawPointer?.self) {
        object(message, messages + field.pointee.target, into: &out)
      } else {
        out.raw("null")
      }
    case .map: out.raw("null")
    }
  }

  @inline(__always) private func content(_ place: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    let data = place.load(as: ProtobufCBinaryData.self)
    return UnsafeRawBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len)
  }

  /// A value that has no name, "not given" among them, is null.
  private func choice(_ number: Int32, _ target: Int, into out: inout JSONWriter) {
    let plan = enums[target]
    for index in 0..<plan.count where plan.values[index].number == number {
      out.string(plan.values[index].name)
      return
    }
    out.raw("null")
  }
}
