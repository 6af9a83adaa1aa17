import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
  static let alreadyActive = RPCError(
    .alreadyExists, "already_active", "A session is active already.")
  static let notActive = RPCError(.failedPrecondition, "not_active", "No session is active.")
  static let noneActive = RPCError(.notFound, "not_active", "No session is active.")
  static let notFound = RPCError(.notFound, "not_found", "There is no such session.")
  static let notYours = RPCError(
    .permissionDenied, "not_yours", "A session can be logged for oneself only.")
  static let overlaps = RPCError(
    .failedPrecondition, "overlap", "The session overlaps another one.")
  static let stillActive = RPCError(
    .failedPrecondition, "still_active",
    "The session is active: it has no end and no length to edit.")
  static let tooManyPauses = RPCError(
    .failedPrecondition, "too_many_pauses", "The session was paused too often.")
  static let changedMeanwhile = RPCError(
    .aborted, "changed", "The session was changed at the same time; try again.")
  /// The same of a room that is not there: who has no business in it learns nothing of it.
  static let strangersRoom = RPCError.broken(
    "room_id", "unknown", "is no room in which you are or were")

  static func broken(_ broken: SessionRules.Broken) -> RPCError {
    RPCError.invalid(broken.violations)
  }

  /// Turns what the domain throws into what the caller sees.
  static func naming<Value>(_ body: () throws -> Value) throws(RPCError) -> Value {
    do {
      return try body()
    } catch let broken as SessionRules.Broken {
      throw self.broken(broken)
    } catch SessionEdit.Refusal.broken(let broken) {
      throw self.broken(broken)
    } catch SessionEdit.Refusal.active {
      throw stillActive
    } catch {
      throw RPCError(.internal, "internal", "\(error)")
    }
  }
}
