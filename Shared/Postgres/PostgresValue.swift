/// A parameter of a query. It travels in binary where that is simple, as text where PostgreSQL
/// infers the type from the query (`string`, so that it fits text, enum and interval columns alike).
nonisolated public enum PostgresValue: Sendable, Hashable {
  case null
  /// Text, of whatever type the query wants there. U+0000 is refused, as by PostgreSQL.
  case string(String)
  case int(Int)
  case int32(Int32)
  case double(Double)
  case bool(Bool)
  case bytes([UInt8])
  /// A UUID in its text of 36 characters.
  case uuid(String)
  /// Milliseconds since 1970-01-01 00:00 UTC, for `timestamptz`.
  case timestamp(milliseconds: Int64)
  /// `YYYY-MM-DD`.
  case date(String)
  /// Days since 1970-01-01, for `date`.
  case day(Int)
  /// JSON text, for `jsonb` and `json`.
  case json(String)
  case ints([Int])
  case int32s([Int32])
  case doubles([Double])
  case strings([String])
  case uuids([String])
  /// With NULL for nil.
  case optionalStrings([String?])
  case optionalUUIDs([String?])
  case byteStrings([[UInt8]])
  /// Milliseconds since the epoch, for `timestamptz[]`.
  case timestamps([Int64])

  public static func int64(_ value: Int64) -> PostgresValue { .int(Int(value)) }
  public static func timestamp(_ milliseconds: Int64) -> PostgresValue {
    .timestamp(milliseconds: milliseconds)
  }

  /// What may be absent becomes NULL.
  public static func string(_ value: String?) -> PostgresValue {
    value.map { .string($0) } ?? .null
  }
  public static func int(_ value: Int?) -> PostgresValue { value.map { .int($0) } ?? .null }
  public static func int32(_ value: Int32?) -> PostgresValue { value.map { .int32($0) } ?? .null }
  public static func int64(_ value: Int64?) -> PostgresValue { value.map { .int64($0) } ?? .null }
  public static func double(_ value: Double?) -> PostgresValue {
    value.map { .double($0) } ?? .null
  }
  public static func bool(_ value: Bool?) -> PostgresValue { value.map { .bool($0) } ?? .null }
  public static func uuid(_ value: String?) -> PostgresValue { value.map { .uuid($0) } ?? .null }
  public static func date(_ value: String?) -> PostgresValue { value.map { .date($0) } ?? .null }
  public static func json(_ value: String?) -> PostgresValue { value.map { .json($0) } ?? .null }
  public static func timestamp(_ milliseconds: Int64?) -> PostgresValue {
    milliseconds.map { .timestamp(milliseconds: $0) } ?? .null
  }
}

nonisolated extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(nilLiteral: ()) { self = .null }
}

/// The object identifiers of PostgreSQL's own types (pg_type.dat); 0 lets the server infer.
nonisolated enum TypeID {
  static let inferred: UInt32 = 0
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let byteaArray: UInt32 = 1_001
  static let int4Array: UInt32 = 1_007
  static let textArray: UInt32 = 1_009
  static let int8Array: UInt32 = 1_016
  static let float8Array: UInt32 = 1_022
  static let date: UInt32 = 1_082
  static let timestamp: UInt32 = 1_114
  static let timestamptz: UInt32 = 1_184
  static let timestamptzArray: UInt32 = 1_185
  static let numeric: UInt32 = 1_700
  static let uuid: UInt32 = 2_950
  static let uuidArray: UInt32 = 2_951
  static let jsonb: UInt32 = 3_802
}
