import CArena
import CProtobufC

/// A request on its way into protobuf-c's struct: JSON text, path and query in one pass, no tree in
/// between.
///
/// What cannot be read stops it at once (`JSONError`); what breaks a rule is noted and it goes on.
nonisolated struct RequestBinder {
  static let violationsMax = 20
  /// Entries of a map.
  static let entriesMax = 256

  struct Step {
    var field: UnsafePointer<FieldPlan>
    var index: Int
    var sentName: UnsafeRawBufferPointer?
  }

  let table: PlanTable
  var reader: JSONReader
  var violations: [FieldViolation] = []
  /// Where it is: the fields it went into, the one it reads, and in lists the element.
  var steps: [Step] = []
  var field: UnsafePointer<FieldPlan>?
  var index = -1
  /// The name by which the request gives the field; nil: its first one.
  var sentName: UnsafeRawBufferPointer?
  /// A name that no field has.
  var unknown: String?
  /// Fields of the outermost message that have been given, and those that are not null.
  var seen: UInt64 = 0
  var present: UInt64 = 0

  init(_ table: PlanTable, _ reader: JSONReader) {
    self.table = table
    self.reader = reader
  }

  /// The name of where it is, `items[2].title`, in the request's own words.
  var fieldName: String {
    var name = ""
    func append(_ step: Step) {
      if !name.isEmpty { name += "." }
      name += String(decoding: step.sentName ?? step.field.pointee.name, as: UTF8.self)
      if step.index >= 0 { name += "[\(step.index)]" }
    }
    for step in steps { append(step) }
    if let unknown { return name.isEmpty ? unknown : name + "." + unknown }
    if let field { append(Step(field: field, index: index, sentName: sentName)) }
    return name
  }

  mutating func violate(_ code: String, _ message: String) {
    guard violations.count < Self.violationsMax else { return }
    violations.append(FieldViolation(field: fieldName, code: code, message: message))
  }

  @inline(__always)
  func take(_ count: Int, _ arena: borrowing Arena) throws(JSONError) -> UnsafeMutableRawPointer {
    guard let pointer = focal_arena_take(arena.raw, count) else {
      throw reader.error("the request needs too much memory")
    }
    return pointer
  }

  func make(
    _ plan: UnsafePointer<MessagePlan>, _ arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer {
    let message = try take(plan.pointee.size, arena)
    message.copyMemory(from: plan.pointee.image, byteCount: plan.pointee.size)
    return message
  }
}

/// Objects, lists and maps.
nonisolated extension RequestBinder {
  /// The members of the outermost object. What path and query gave stands in `seen`.
  mutating func members(
    of message: UnsafeMutableRawPointer, _ plan: UnsafePointer<MessagePlan>,
    _ arena: borrowing Arena
  ) throws(JSONError) {
    guard reader.take(0x7b) else { throw reader.error("expected an object") }
    reader.skipSpace()
    if reader.take(0x7d) { return }
    let fields = UnsafePointer(plan.pointee.fields)
    // Most senders keep the contract's order.
    var guess = 0
    while true {
      let name = try reader.string(arena)
      if guess < plan.pointee.fieldCount, fields[guess].name.isEqual(to: name.bytes) {
        sentName = nil
      } else {
        sentName = name.bytes
        guess = plan.pointee.names.field(name.bytes)
        if guess < 0 {
          field = nil
          unknown = String(decoding: name.bytes.prefix(64), as: UTF8.self)
          throw reader.error("unknown field")
        }
      }
      let field = fields + guess
      self.field = field
      let bit: UInt64 = 1 << UInt64(guess)
      if seen & bit != 0 { throw reader.error("given twice") }
      seen |= bit
      reader.skipSpace()
      try reader.expect(0x3a)
      reader.skipSpace()
      if !reader.takeNull() {
        present |= bit
        try member(field, message, arena)
      }
      reader.skipSpace()
      if reader.take(0x2c) {
        reader.skipSpace()
        guess += 1
        continue
      }
      try reader.expect(0x7d)
      self.field = nil
      sentName = nil
      return
    }
  }

  /// Notes what is required of a message and was not given.
  mutating func requireFields(_ plan: UnsafePointer<MessagePlan>) {
    var missing = plan.pointee.required & ~present
    while missing != 0 {
      field = UnsafePointer(plan.pointee.fields) + missing.trailingZeroBitCount
      missing &= missing - 1
      violate("required", "is required")
    }
    field = nil
  }

  /// A message inside another.
  mutating func object(
    _ target: Int, _ arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer {
    let plan = UnsafePointer(table.messages + target)
    let outer = (seen, present, field, index, sentName)
    if let field {
      let depth = field.pointee.depth
      if depth > 0, steps.count(where: { $0.field == field }) >= depth {
        throw reader.error("nested too deep")
      }
      steps.append(Step(field: field, index: index, sentName: sentName))
    }
    (seen, present, field, index, sentName) = (0, 0, nil, -1, nil)
    let message = try make(plan, arena)
    try members(of: message, plan, arena)
    requireFields(plan)
    (seen, present, field, index, sentName) = outer
    if field != nil { steps.removeLast() }
    return message
  }

  private mutating func member(
    _ field: UnsafePointer<FieldPlan>, _ message: UnsafeMutableRawPointer,
    _ arena: borrowing Arena
  ) throws(JSONError) {
    let place = message + field.pointee.offset
    if field.pointee.kind == .map {
      let (entries, count) = try map(field, arena)
      place.storeBytes(of: entries, as: UnsafeMutableRawPointer?.self)
      (message + field.pointee.quantifier).storeBytes(of: count, as: Int.self)
    } else if field.pointee.traits.contains(.repeated) {
      let (elements, count) = try list(field, arena)
      place.storeBytes(of: elements, as: UnsafeMutableRawPointer?.self)
      (message + field.pointee.quantifier).storeBytes(of: count, as: Int.self)
    } else {
      try choose(field, message)
      try value(field, place, arena)
    }
  }

  /// Marks a field with presence as given.
  @inline(__always) mutating func choose(
    _ field: UnsafePointer<FieldPlan>, _ message: UnsafeMutableRawPointer
  ) throws(JSONError) {
    guard field.pointee.isOneof else { return }
    let choice = message + field.pointee.quantifier
    if choice.load(as: UInt32.self) != 0 {
      throw reader.error("excludes another field that is given")
    }
    choice.storeBytes(of: field.pointee.tag, as: UInt32.self)
  }

  private mutating func list(
    _ field: UnsafePointer<FieldPlan>, _ arena: borrowing Arena
  ) throws(JSONError) -> (UnsafeMutableRawPointer?, Int) {
    guard reader.take(0x5b) else { throw reader.error("expected a list") }
    reader.skipSpace()
    var list = ElementList(width: field.pointee.width)
    if !reader.take(0x5d) {
      repeat {
        reader.skipSpace()
        index = list.count
        if reader.peek == 0x6e { throw reader.error("null in a list") }
        // Past the limit elements are still read, as JSON, but not kept.
        let place = try place(in: &list, max: field.pointee.items.upperBound, arena)
        try value(field, place, arena)
        reader.skipSpace()
      } while reader.take(0x2c)
      try reader.expect(0x5d)
    }
    index = -1
    checkItems(field, list.count)
    return (list.start, list.count)
  }

  private func place(
    in list: inout ElementList, max: Int32, _ arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer {
    // One past the limit is enough to know that it is broken.
    if list.count > Int(max) { list.count = Int(max) }
    guard let place = list.place(arena) else {
      throw reader.error("the request needs too much memory")
    }
    return place
  }

  mutating func checkItems(_ field: UnsafePointer<FieldPlan>, _ count: Int) {
    let allowed = field.pointee.items
    if count > Int(allowed.upperBound) {
      violate("too_many", "has more than \(allowed.upperBound) elements")
    } else if count < Int(allowed.lowerBound) {
      violate("too_few", "has fewer than \(allowed.lowerBound) elements")
    }
  }

  private mutating func map(
    _ field: UnsafePointer<FieldPlan>, _ arena: borrowing Arena
  ) throws(JSONError) -> (UnsafeMutableRawPointer?, Int) {
    guard reader.take(0x7b) else { throw reader.error("expected an object") }
    reader.skipSpace()
    let entry = UnsafePointer(table.messages + field.pointee.target)
    let fields = UnsafePointer(entry.pointee.fields)
    var list = ElementList(width: 8)
    var keys: Set<String> = []
    if !reader.take(0x7d) {
      repeat {
        reader.skipSpace()
        if list.count >= min(Self.entriesMax, Int(field.pointee.items.upperBound)) {
          throw reader.error("too many entries")
        }
        let message = try make(entry, arena)
        let key = try reader.string(arena)
        if key.hasNUL { violate("nul", "contains U+0000") }
        if !keys.insert(String(decoding: key.bytes, as: UTF8.self)).inserted {
          throw reader.error("a key is given twice")
        }
        (message + fields[0].offset).storeBytes(of: key.data, as: ProtobufCBinaryData.self)
        reader.skipSpace()
        try reader.expect(0x3a)
        reader.skipSpace()
        // The rules are the map's own; the entry's value has none.
        try value(fields + 1, message + fields[1].offset, arena)
        guard let place = list.place(arena) else {
          throw reader.error("the request needs too much memory")
        }
        place.storeBytes(of: message, as: UnsafeMutableRawPointer.self)
        reader.skipSpace()
      } while reader.take(0x2c)
      try reader.expect(0x7d)
    }
    return (list.start, list.count)
  }
}

/// Elements of a list that grows in the arena.
nonisolated struct ElementList {
  let width: Int
  private(set) var start: UnsafeMutableRawPointer?
  var count = 0
  private var capacity = 0

  init(width: Int) { self.width = width }

  /// Room for one more; nil: the arena is exhausted.
  mutating func place(_ arena: borrowing Arena) -> UnsafeMutableRawPointer? {
    if count == capacity {
      let larger = max(8, capacity * 2)
      guard let memory = focal_arena_take(arena.raw, larger * width) else { return nil }
      if let start { memory.copyMemory(from: start, byteCount: count * width) }
      start = memory
      capacity = larger
    }
    guard let start else { return nil }
    count += 1
    return start + (count - 1) * width
  }
}

nonisolated extension JSONReader.Text {
  var data: ProtobufCBinaryData {
    ProtobufCBinaryData(len: count, data: UnsafeMutablePointer(mutating: start))
  }
}
