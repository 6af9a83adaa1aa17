/// A field of a request that breaks one of its rules.
public nonisolated struct FieldViolation: Hashable, Sendable {
  /// The field's name in JSON, `items[2].title` where it lies inside.
  public var field: String
  /// For machines, e.g. `too_long`.
  public var code: String
  /// For people; never the value itself.
  public var message: String

  public init(field: String, code: String, message: String) {
    self.field = field
    self.code = code
    self.message = message
  }
}
