import CPostgres

/// One row of an answer. A column that the query does not have, NULL where the accessor has no
/// `optional`, or another type is a mistake in our own SQL: it stops the process with the column's
/// name.
public struct Row {
  let storage: Rows.Storage
  let index: Int32

  public func isNull(_ column: StaticString) -> Bool {
    PQgetisnull(storage.result, index, storage.column(column)) == 1
  }

  /// Text, names, enums, JSON; a UUID or a date as text.
  public func string(_ column: StaticString) -> String { required(optionalString(column), column) }
  /// int2, int4, int8, and numeric of a whole value (`sum` of a bigint is one).
  public func int(_ column: StaticString) -> Int { required(optionalInt(column), column) }
  public func int32(_ column: StaticString) -> Int32 { Int32(int(column)) }
  public func int64(_ column: StaticString) -> Int64 { Int64(int(column)) }
  /// float4, float8, numeric and the integers.
  public func double(_ column: StaticString) -> Double { required(optionalDouble(column), column) }
  public func bool(_ column: StaticString) -> Bool { required(optionalBool(column), column) }
  public func bytes(_ column: StaticString) -> [UInt8] { required(optionalBytes(column), column) }
  /// The UUID's lower-case text of 36 characters.
  public func uuid(_ column: StaticString) -> String { required(optionalUUID(column), column) }
  /// timestamptz as milliseconds since 1970-01-01 00:00 UTC, rounded down.
  public func milliseconds(_ column: StaticString) -> Int64 {
    required(optionalMilliseconds(column), column)
  }
  /// A date as `YYYY-MM-DD`.
  public func date(_ column: StaticString) -> String { required(optionalDate(column), column) }
  /// A date as days since 1970-01-01.
  public func day(_ column: StaticString) -> Int { required(optionalDay(column), column) }
  /// json or jsonb as text.
  public func json(_ column: StaticString) -> String { required(optionalString(column), column) }
  /// int2[], int4[], int8[].
  public func ints(_ column: StaticString) -> [Int] { required(optionalInts(column), column) }
  public func doubles(_ column: StaticString) -> [Double] {
    required(optionalDoubles(column), column)
  }
  /// text[], and the like; uuid[] as text.
  public func strings(_ column: StaticString) -> [String] {
    required(optionalStrings(column), column)
  }
  public func uuids(_ column: StaticString) -> [String] { strings(column) }

  public func optionalString(_ column: StaticString) -> String? {
    cell(column).map { $0.text(column) }
  }
  public func optionalInt(_ column: StaticString) -> Int? {
    cell(column).map { $0.integer(column) }
  }
  public func optionalInt32(_ column: StaticString) -> Int32? {
    optionalInt(column).map(Int32.init)
  }
  public func optionalInt64(_ column: StaticString) -> Int64? {
    optionalInt(column).map(Int64.init)
  }
  public func optionalDouble(_ column: StaticString) -> Double? {
    cell(column).map { $0.double(column) }
  }
  public func optionalBool(_ column: StaticString) -> Bool? {
    cell(column).map { $0.expect(TypeID.bool, column).load(as: UInt8.self) != 0 }
  }
  public func optionalBytes(_ column: StaticString) -> [UInt8]? {
    cell(column).map { Array($0.bytes) }
  }
  public func optionalUUID(_ column: StaticString) -> String? {
    cell(column).map { UUIDText.text($0.expect(TypeID.uuid, column).baseAddress!) }
  }
  public func optionalMilliseconds(_ column: StaticString) -> Int64? {
    cell(column).map { $0.milliseconds(column) }
  }
  public func optionalDay(_ column: StaticString) -> Int? { cell(column).map { $0.day(column) } }
  public func optionalDate(_ column: StaticString) -> String? {
    cell(column).map { CalendarDay.text($0.day(column)) }
  }
  public func optionalJSON(_ column: StaticString) -> String? { optionalString(column) }
  public func optionalInts(_ column: StaticString) -> [Int]? {
    cell(column).map { $0.elements(column).map { $0.integer(column) } }
  }
  public func optionalDoubles(_ column: StaticString) -> [Double]? {
    cell(column).map { $0.elements(column).map { $0.double(column) } }
  }
  public func optionalStrings(_ column: StaticString) -> [String]? {
    cell(column).map { $0.elements(column).map { $0.text(column) } }
  }

  private func cell(_ name: StaticString) -> Cell? {
    let column = storage.column(name)
    let length = PQgetlength(storage.result, index, column)
    if length == 0, PQgetisnull(storage.result, index, column) == 1 { return nil }
    return Cell(
      type: PQftype(storage.result, column),
      bytes: .init(start: PQgetvalue(storage.result, index, column), count: Int(length)))
  }

  private func required<Value>(_ value: Value?, _ column: StaticString) -> Value {
    guard let value else { fatalError("column \(column) is NULL") }
    return value
  }
}
