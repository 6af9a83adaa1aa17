/// The text of an argon2id hash: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, base64 without padding.
/// <https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md>
nonisolated struct PHCString {
  var cost: PasswordHash.Cost
  var salt: [UInt8]
  var hash: [UInt8]

  init(cost: PasswordHash.Cost, salt: [UInt8], hash: [UInt8]) {
    self.cost = cost
    self.salt = salt
    self.hash = hash
  }

  var text: String {
    "$argon2id$v=19$m=\(cost.kibibytes),t=\(cost.passes),p=\(cost.lanes)"
      + "$\(Base64.encode(salt))$\(Base64.encode(hash))"
  }

  /// `nil` for anything but argon2id of version 0x13 with costs up to 64 MiB, 10 passes, 4 lanes.
  init?(_ text: String) {
    guard text.utf8.count <= 256 else { return nil }
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19",
      let cost = PHCString.cost(parts[3]),
      let salt = Base64.decode(String(parts[4])), (8...64).contains(salt.count),
      let hash = Base64.decode(String(parts[5])), (16...64).contains(hash.count)
    else { return nil }
    self.init(cost: cost, salt: salt, hash: hash)
  }

  private static func cost(_ text: Substring) -> PasswordHash.Cost? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
    guard numbers.count == 3, let kibibytes = number(numbers[0], "m=", 8...65536),
      let passes = number(numbers[1], "t=", 1...10), let lanes = number(numbers[2], "p=", 1...4),
      kibibytes >= 8 * lanes
    else { return nil }
    return PasswordHash.Cost(kibibytes: kibibytes, passes: passes, lanes: lanes)
  }

  private static func number(
    _ text: Substring, _ name: String, _ range: ClosedRange<UInt32>
  ) -> UInt32? {
    guard text.hasPrefix(name), let number = UInt32(text.dropFirst(2)), range.contains(number),
      text.dropFirst(2) == String(number)
    else { return nil }
    return number
  }
}
