import Contracts
import Postgres
import Wire

/// The generated dispatcher, with the database's errors in the words of calls.
public struct GuardedDispatcher: Dispatcher {
  public static var service: String { SessionsDispatcher<FocusSessions>.service }

  private let generated: SessionsDispatcher<FocusSessions>

  public init(_ sessions: FocusSessions) { generated = SessionsDispatcher(sessions) }

  public var methods: [UInt32] { generated.methods }

  public func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    do {
      return try await generated.dispatch(method, body, context)
    } catch let error as PostgresError {
      throw error.callError
    }
  }
}
