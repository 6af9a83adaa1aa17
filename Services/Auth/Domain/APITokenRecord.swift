import Contracts
import Security

/// A personal API token that is being made, or is listed. Times are milliseconds since the epoch.
nonisolated struct APITokenRecord: Hashable {
  /// As many as one account may have.
  static let countMax = 50

  var id: String
  var name: String
  var scope: TokenScope
  var prefix: String
  var createdAt: Int64
  var expiresAt: Int64?
  var lastUsedAt: Int64?

  /// Reports what breaks a rule.
  @MainActor
  static func check(
    _ request: CreateApiTokenRequest, now: Int64, _ check: inout RuleCheck
  ) {
    check.value { () throws(RuleViolation) in
      guard (1...100).contains(request.name.unicodeScalars.count) else {
        throw RuleViolation("name", "length", "has 1 to 100 characters")
      }
    }
    check.value { () throws(RuleViolation) in
      guard request.scope != .unspecified else {
        throw RuleViolation("scope", "required", #"is "read" or "write""#)
      }
    }
    check.value { () throws(RuleViolation) in
      guard (request.expiresAt ?? .max) > now else {
        throw RuleViolation("expires_at", "past", "lies in the past")
      }
    }
  }
}
