import Wire

/// What a new password has to be (contract: 8 to 128 characters). Nothing is said of its kinds of
/// characters: length is what counts (NIST SP 800-63B, section 5.1.1.2).
nonisolated enum PasswordRule {
  static let lengthMin = 8
  static let lengthMax = 128

  static func check(_ password: Secret, field: String = "password") throws(RuleViolation) {
    let count = password.reveal().unicodeScalars.count
    guard count >= lengthMin else {
      throw RuleViolation(field, "min_len", "has fewer than \(lengthMin) characters")
    }
    guard count <= lengthMax else {
      throw RuleViolation(field, "max_len", "has more than \(lengthMax) characters")
    }
  }
}
