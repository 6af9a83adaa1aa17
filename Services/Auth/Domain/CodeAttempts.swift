/// How often codes of two-factor login may be tried. A code has a million values, of which three
/// count at a time: a thief of the password has 10 tries in 15 minutes, which are years for one
/// chance in two.
nonisolated enum CodeAttempts {
  static let max = 10
  static let windowMilliseconds: Int64 = 900_000
}
