import Wire

/// One page of a list by ids, the latest first: devices, API tokens, accounts.
nonisolated struct IdentifierPage {
  static let limitDefault = 20
  static let limitMax = 100

  var limit: Int
  /// The id behind which the page begins: ids grow with the time they were made, so what is added
  /// meanwhile moves nothing.
  var after: String?

  init(limit: Int32?, cursor: String?) throws(RuleViolation) {
    self.limit = min(max(Int(limit ?? Int32(Self.limitDefault)), 1), Self.limitMax)
    if let cursor {
      guard Identifier.isValid(cursor) else {
        throw RuleViolation("cursor", "cursor", "is no cursor of this list")
      }
      after = cursor
    }
  }

  /// What a request asks for, or 422.
  static func reading(limit: Int32?, cursor: String?) throws(RPCError) -> IdentifierPage {
    do throws(RuleViolation) {
      return try IdentifierPage(limit: limit, cursor: cursor)
    } catch {
      throw RPCError.invalid([error.violation])
    }
  }
}
