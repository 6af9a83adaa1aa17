import HTTP
import Observability
import Wire

/// The one place where errors become problem JSON.
enum Problems {
  /// The HTTP status of each RPC code (contract: codes).
  static func status(of error: RPCError) -> Int {
    switch error.code {
    case .ok: 200
    case .invalidArgument: error.reason == "malformed" ? 400 : 422
    case .outOfRange: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .alreadyExists, .failedPrecondition, .aborted: 409
    case .resourceExhausted:
      ["rate_limited", "too_many_sockets"].contains(error.reason) ? 429 : 503
    case .unimplemented: 501
    case .unavailable, .cancelled: 503
    case .deadlineExceeded: 504
    case .unknown, .internal, .dataLoss: 500
    }
  }

  static func response(
    to error: RPCError, instance: String?, requestID: String
  ) -> HTTPResponse {
    let status = status(of: error)
    var headers: [HTTPResponse.Header] = []
    if status == 401 { headers.append(("WWW-Authenticate", #"Bearer realm="focal""#)) }
    if status == 429 || status == 503 {
      headers.append(("Retry-After", "\(retryAfterSeconds(error))"))
    }
    // What is unknown is logged, never shown.
    let isHidden = status == 500
    let problem = Problem(
      status: status, code: isHidden ? "internal" : error.reason,
      detail: isHidden ? "Something went wrong on our side." : error.message, instance: instance,
      requestID: requestID,
      errors: error.violations.map {
        Problem.Violation(field: $0.field, code: $0.code, message: $0.message)
      })
    return .problem(problem, headers: headers)
  }

  private static func retryAfterSeconds(_ error: RPCError) -> Int64 {
    guard let wait = error.retryAfter else { return 1 }
    return max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
  }

  static let notFound = RPCError(.notFound, "not_found", "There is nothing here.")
  static let noToken = RPCError(.unauthenticated, "no_token", "A bearer token is needed.")
  static let badToken = RPCError(
    .unauthenticated, "invalid_token", "The token is not valid, or no longer.")
  static let notAdmin = RPCError(.permissionDenied, "not_admin", "Only admins may do this.")
  static let notModerator = RPCError(
    .permissionDenied, "not_moderator", "Only moderators may do this.")
  static let readOnly = RPCError(
    .permissionDenied, "read_only", "The token may read, not write.")
  static let badKey = RPCError(
    .outOfRange, "bad_idempotency_key",
    "An Idempotency-Key has 1 to 255 visible ASCII characters.")
  static let keyReused = RPCError(
    .failedPrecondition, "key_reused", "The Idempotency-Key came with another request before.")
  static let inProgress = RPCError(
    .aborted, "in_progress", "The first request with this Idempotency-Key is still running.")
  static let outcomeUnknown = RPCError(
    .aborted, "outcome_unknown",
    "The first request with this Idempotency-Key ended without an answer; whether it did anything "
      + "is not known. Look, and then use another key.")
  static let crossSite = RPCError(
    .permissionDenied, "cross_site",
    "A change by cookie needs an Origin or Sec-Fetch-Site of the same origin.")

  static func unsupportedMediaType(_ upload: Route.RawBody?) -> Problem {
    let types = upload?.types.map(\.description).joined(separator: ", ") ?? "application/json"
    return Problem(
      status: 415, code: "unsupported_media_type", detail: "The body has to be \(types).")
  }

  static func bodyTooLarge(_ upload: Route.RawBody) -> Problem {
    Problem(
      status: 413, code: "body_too_large",
      detail: "The body has more than \(upload.bytesMax) bytes.")
  }
}
