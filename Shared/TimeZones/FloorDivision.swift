/// The quotient rounded towards negative infinity, as calendars need it before 1970.
nonisolated public func floorDivide<Number: BinaryInteger>(
  _ dividend: Number, _ divisor: Number
) -> Number {
  let quotient = dividend / divisor
  return dividend % divisor != 0 && (dividend < 0) != (divisor < 0) ? quotient - 1 : quotient
}

/// What `floorDivide` leaves over: never negative for a positive divisor.
nonisolated public func floorRemainder<Number: BinaryInteger>(
  _ dividend: Number, _ divisor: Number
) -> Number {
  let remainder = dividend % divisor
  return remainder != 0 && (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder
}
