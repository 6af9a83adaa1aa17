import Postgres
import Redis
import Wire

/// Whether what failed is worth trying again as it is: somebody is away, full or too slow. Else it is
/// the event itself that fails.
enum Setback {
  static func isTransient(_ error: any Error) -> Bool {
    switch error {
    case let error as RPCError: isTransient(error.code)
    case let error as PostgresError: error.isUnavailable || error.isSerializationFailure
    case let error as RedisError: error.isUnavailable
    case is CancellationError: true
    default: false
    }
  }

  private static func isTransient(_ code: RPCError.Code) -> Bool {
    switch code {
    case .unavailable, .deadlineExceeded, .cancelled, .resourceExhausted, .aborted: true
    // An older version, or one that is not set up yet: another replica may know better.
    case .unimplemented, .unauthenticated, .permissionDenied: true
    default: false
    }
  }
}
