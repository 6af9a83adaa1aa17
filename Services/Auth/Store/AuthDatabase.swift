import EventLoop
import Postgres
import Wire

/// The database within a call: its deadline goes along, its errors become the call's.
struct AuthDatabase {
  let pool: PostgresPool

  func read(
    _ query: Query, _ parameters: [PostgresValue], _ context: CallContext
  ) async throws -> Rows {
    do throws(PostgresError) {
      return try await pool.read(query, parameters, deadline: context.deadline)
    } catch {
      throw Self.callError(error)
    }
  }

  @discardableResult
  func write(
    _ query: Query, _ parameters: [PostgresValue], _ context: CallContext
  ) async throws -> Rows {
    do throws(PostgresError) {
      return try await pool.write(query, parameters, deadline: context.deadline)
    } catch {
      throw Self.callError(error)
    }
  }

  func transaction<Value>(
    _ context: CallContext, _ body: (Transaction) async throws -> Value
  ) async throws -> Value {
    do {
      return try await pool.transaction(deadline: context.deadline, body)
    } catch let error as PostgresError {
      throw Self.callError(error)
    }
  }

  /// What a caller may know. Other errors stay what they are: the RPC server logs and hides them.
  private static func callError(_ error: PostgresError) -> any Error {
    if error.isUniqueViolation(of: "users_email_unique") { return Taken.email }
    if error.isUniqueViolation(of: "users_username_unique") { return Taken.username }
    return error.callError
  }
}

/// What another account has already.
nonisolated enum Taken: Error { case email, username }

extension CallContext {
  var deadline: Deadline { Deadline(nanoseconds: deadlineNanoseconds) }
}
