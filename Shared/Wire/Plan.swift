import CProtobufC
import Glibc

/// A field as the transcoder walks it: schema and descriptor in one flat, trivial struct.
nonisolated struct FieldPlan {
  enum Kind: UInt8 {
    case string, bytes, bool, int32, uint32, int64, uint64, float, double, json
    case message, enumeration, map
  }

  /// `,"name":`, ready to be written; the comma is left out of the first field.
  var key: UnsafePointer<UInt8>
  var keyCount: Int
  var kind: Kind
  var traits: FieldSchema.Traits
  var format: FieldFormat
  var isOneof: Bool
  /// Bytes of an element in memory.
  var width: Int
  var tag: UInt32
  var offset: Int
  var quantifier: Int
  /// Index of the message or the enum.
  var target: Int
  var length: ClosedRange<Int32>
  var items: ClosedRange<Int32>
  var minimum: Double
  var maximum: Double
  var pattern: UnsafePointer<regex_t>?
  /// How often a path may go through a field that leads back into its own message; else 0.
  var depth: Int

  var name: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: key + 2, count: keyCount - 4)
  }

  var nameText: String { String(decoding: name, as: UTF8.self) }

  /// Whether a path or a query can hold it.
  var isText: Bool { kind != .message && kind != .map && kind != .json }

  /// Whether no rule but the type's own holds for a number.
  var isUnbounded: Bool { minimum == -.infinity && maximum == .infinity }
}

nonisolated struct MessagePlan {
  var descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  /// What the message is when nothing is set, to be copied.
  var image: UnsafeMutableRawPointer
  var size: Int
  var fields: UnsafeMutablePointer<FieldPlan>
  var fieldCount: Int
  var names: NameTable
  /// A bit for each required field.
  var required: UInt64
  var nestingMax: Int
}

nonisolated struct EnumPlan {
  var values: UnsafeMutablePointer<(name: UnsafeRawBufferPointer, number: Int32)>
  var count: Int
}

/// Finds a field by any of its names in JSON: open addressing, built once.
nonisolated struct NameTable {
  struct Slot {
    var name: UnsafeRawBufferPointer
    var field: Int
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let mask: Int

  init(_ names: [(name: UnsafeRawBufferPointer, field: Int)]) {
    var count = 8
    while count < names.count * 2 { count *= 2 }
    mask = count - 1
    slots = .allocate(capacity: count)
    slots.initialize(
      repeating: Slot(name: UnsafeRawBufferPointer(start: nil, count: 0), field: -1), count: count)
    for (name, field) in names where self.field(name) < 0 {
      var index = NameTable.hash(name) & mask
      while slots[index].field >= 0 { index = (index + 1) & mask }
      slots[index] = Slot(name: name, field: field)
    }
  }

  func deallocate() { slots.deallocate() }

  /// -1: none has this name.
  @inline(__always) func field(_ name: UnsafeRawBufferPointer) -> Int {
    var index = NameTable.hash(name) & mask
    while slots[index].field >= 0 {
      if slots[index].name.isEqual(to: name) { return slots[index].field }
      index = (index + 1) & mask
    }
    return -1
  }

  @inline(__always) private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash ^ (hash >> 15))
  }
}

nonisolated extension UnsafeRawBufferPointer {
  @inline(__always) func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let mine = baseAddress, let others = other.baseAddress else { return true }
    return memcmp(mine, others, count) == 0
  }
}
