import Wire

/// A field that breaks a rule.
nonisolated struct RuleViolation: Error, Hashable {
  let violation: FieldViolation

  init(_ field: String, _ code: String, _ message: String) {
    violation = FieldViolation(field: field, code: code, message: message)
  }
}

/// Gathers the violations of a request, so that a caller learns all of them at once.
struct RuleCheck {
  private(set) var violations: [FieldViolation] = []

  /// What `read` gives, or nil and a violation to report.
  mutating func value<Value>(_ read: () throws(RuleViolation) -> Value) -> Value? {
    do throws(RuleViolation) {
      return try read()
    } catch {
      violations.append(error.violation)
      return nil
    }
  }

  /// Throws what was found.
  func finish() throws(RPCError) {
    guard violations.isEmpty else { throw .invalid(violations) }
  }
}
