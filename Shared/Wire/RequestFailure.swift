/// Why a request cannot be made a call.
public nonisolated enum RequestFailure: Error, Hashable, Sendable {
  /// It is no JSON, a field is unknown, given twice or of the wrong type: 400.
  case malformed(field: String, message: String)
  /// Fields are missing or break their rules: 422. At most 20.
  case violations([FieldViolation])
  /// The path names what cannot be there, e.g. an id that is none: 404.
  case notFound
}
