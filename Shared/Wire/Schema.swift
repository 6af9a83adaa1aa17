import CProtobufC

/// What a string or an integer means, and with it how it looks in JSON.
public nonisolated enum FieldFormat: UInt8, Sendable {
  case none, uuid, timestamp, date, httpsURL, timezone, email
}

/// What the JSON side knows of a field. Its place in memory is in protobuf-c's descriptor.
public nonisolated struct FieldSchema: Sendable {
  public enum Kind: Hashable, Sendable {
    case string, bytes, bool, int32, uint32, int64, uint64, float, double
    /// A string that holds the text of a JSON value.
    case json
    /// Indices into the tables.
    case message(Int)
    case enumeration(Int)
  }

  public struct Traits: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let repeated = Traits(rawValue: 1)
    /// Whether it was given can be told: proto3's `optional`, or a member of a oneof.
    public static let presence = Traits(rawValue: 2)
    public static let required = Traits(rawValue: 4)
    public static let secret = Traits(rawValue: 8)
    /// Absent, it is written as null.
    public static let nullable = Traits(rawValue: 16)
    /// JSON that is an answer's own writing: nobody has to look whether it is.
    public static let written = Traits(rawValue: 64)
    /// `minimum` itself is too small.
    public static let exclusiveMinimum = Traits(rawValue: 32)
  }

  public var name: StaticString
  public var kind: Kind
  public var traits: Traits
  public var format: FieldFormat
  /// Unicode scalars of a string, bytes of bytes.
  public var length: ClosedRange<Int32>
  public var items: ClosedRange<Int32>
  public var minimum: Double
  public var maximum: Double
  /// A POSIX extended regular expression; empty: none.
  public var pattern: StaticString
  /// Further names in requests.
  public var aliases: [StaticString]
  /// Of a field that leads from a message back into itself: how often a path may go through it.
  public var depth: Int

  public init(
    _ name: StaticString, _ kind: Kind, _ traits: Traits = [], format: FieldFormat = .none,
    length: ClosedRange<Int32> = 0...Int32.max, items: ClosedRange<Int32> = 0...Int32.max,
    minimum: Double = -.infinity, maximum: Double = .infinity, pattern: StaticString = "",
    aliases: [StaticString] = [], depth: Int = 0
  ) {
    self.name = name
    self.kind = kind
    self.traits = traits
    self.format = format
    self.length = length
    self.items = items
    self.minimum = minimum
    self.maximum = maximum
    self.pattern = pattern
    self.aliases = aliases
    self.depth = depth
  }
}

public nonisolated struct MessageSchema {
  public var name: StaticString
  public var descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  public var isMapEntry: Bool
  /// As `Message.nestingMax`.
  public var nestingMax: Int
  /// In the order of their numbers, as in the descriptor.
  public var fields: [FieldSchema]

  public init(
    _ name: StaticString, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    isMapEntry: Bool = false, nestingMax: Int = 0, _ fields: [FieldSchema]
  ) {
    self.name = name
    self.descriptor = descriptor
    self.isMapEntry = isMapEntry
    self.nestingMax = nestingMax
    self.fields = fields
  }
}

public nonisolated struct EnumSchema: Sendable {
  public var name: StaticString
  /// Names as in JSON. The value 0 is "not given" and has none.
  public var values: [(name: StaticString, number: Int32)]

  public init(_ name: StaticString, _ values: [(name: StaticString, number: Int32)]) {
    self.name = name
    self.values = values
  }
}
