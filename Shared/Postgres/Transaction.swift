import EventLoop

/// Statements on one connection, all committed or none.
public final class Transaction {
  private enum State { case fresh, open, failed, over }

  private let connection: PostgresConnection
  private let durability: Durability
  private let deadline: UInt64
  private var state = State.fresh

  private static let commit = Query("COMMIT")
  private static let rollback = Query("ROLLBACK")

  init(_ connection: PostgresConnection, _ durability: Durability, deadline: UInt64) {
    self.connection = connection
    self.durability = durability
    self.deadline = deadline
  }

  /// Runs one statement. After an error every further one fails, and so does the commit.
  @discardableResult
  public func run(
    _ query: Query, _ parameters: [PostgresValue] = []
  ) async throws(PostgresError) -> Rows {
    switch state {
    case .failed: throw PostgresError(.server, "the transaction has failed", sqlState: "25P02")
    case .over: throw PostgresError(.server, "the transaction is over", sqlState: "25P01")
    case .fresh:
      // BEGIN goes out with the first statement: it costs no round trip.
      connection.begin(durability)
      state = .open
    case .open: break
    }
    let outcome = await connection.run(
      query, parameters,
      .init(segment: .continued, sentAt: EventLoop.shared.now, deadline: deadline))
    if case .failure = outcome, state == .open { state = .failed }
    return try outcome.get()
  }

  /// The same, under the pool's names.
  public func read(
    _ query: Query, _ parameters: [PostgresValue] = []
  ) async throws(PostgresError) -> Rows {
    try await run(query, parameters)
  }

  @discardableResult
  public func write(
    _ query: Query, _ parameters: [PostgresValue] = []
  ) async throws(PostgresError) -> Rows {
    try await run(query, parameters)
  }

  func commit() async throws(PostgresError) {
    if state == .fresh { return }
    guard state == .open else {
      throw PostgresError(
        .server, "the transaction has failed and was rolled back", sqlState: "25P02")
    }
    if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled") }
    state = .over
    let terms = PostgresConnection.Terms(
      segment: .own, sentAt: EventLoop.shared.now, deadline: deadline, release: .exclusive)
    let rows = try await connection.run(Self.commit, [], terms).get()
    // PostgreSQL answers the COMMIT of a failed transaction with a ROLLBACK.
    guard rows.commandTag == "COMMIT" else {
      throw PostgresError(.server, "the transaction was rolled back", sqlState: "25P02")
    }
  }

  /// Rolls back what was not committed. Nobody waits, but the pool, for the connection.
  func end() {
    switch state {
    case .fresh: connection.onRelease(.exclusive)
    case .open, .failed: connection.send(Self.rollback, .own, release: .exclusive)
    case .over: break
    }
    state = .over
  }
}
