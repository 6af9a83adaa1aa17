/// One argument of a command: text, bytes or a number, sent as they are.
nonisolated public enum RedisArgument: Sendable, Hashable {
  case string(String)
  case bytes([UInt8])
  case int(Int)

  public static func double(_ value: Double) -> RedisArgument { .string("\(value)") }
}

nonisolated extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringInterpolation
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
}
