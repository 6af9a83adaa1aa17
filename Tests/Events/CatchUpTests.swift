import Contracts
import EventLoop
import Network
import Postgres
import RPC
import Testing
import Wire

@testable import Events

/// One replica of a sender: counts who asks, and delivers or does not.
private final class Sender: OutboxService {
  var askedCount = 0
  var trouble: RPCError?
  deinit {}

  func deliverPending(
    _ request: DeliverPendingRequest, _ context: CallContext
  ) async throws -> Empty {
    askedCount += 1
    if let trouble { throw trouble }
    return Empty()
  }
}

extension WithStores {
  @Suite struct CatchUpTests {
    private static let secret = Secret("0123456789abcdef")

    /// A service of these replicas, its client, and who catches up with it.
    private func run(
      _ senders: [Sender],
      _ body: @escaping (_ catchUp: CatchUp, _ pool: PostgresPool) async throws -> Void
    ) async throws {
      try await EventStage.run { stage in
        var servers: [RPCServer] = []
        var addresses: [Address] = []
        for (index, sender) in senders.enumerated() {
          let address = try Address(parsing: "unix:\(stage.server.folder)/rpc-\(index)")
          let server = RPCServer(
            listen: address, service: "sender", instance: "\(index)", secret: Self.secret,
            dispatchers: [OutboxDispatcher(sender)])
          try await server.start()
          servers.append(server)
          addresses.append(address)
        }
        let client = RPCClient(service: "sender", addresses: addresses, secret: Self.secret)
        client.start()
        try await stage.wait { client.connectionCount == senders.count }
        let pool = PostgresPool(url: stage.databaseURL, size: 2, applicationName: "test")
        let catchUp = CatchUp(consumer: "consumer", database: pool, senders: [client])
        pool.start()
        try await body(catchUp, pool)
        pool.close()
        client.close()
        for server in servers { await server.drain(deadline: .seconds(1)) }
      }
    }

    private var context: CallContext {
      CallContext(deadlineNanoseconds: Deadline.after(.seconds(9)).nanoseconds)
    }

    @Test func readsWaitUntilTheSendersHaveDelivered() async throws {
      let sender = Sender()
      sender.trouble = RPCError(.unavailable, "pending", "Not yet.")
      try await run([sender]) { catchUp, _ in
        // Longer than a second nobody waits.
        await #expect(throws: RPCError.self) { try await catchUp.wait(context) }
        #expect(sender.askedCount > 1)
        sender.trouble = nil
        try await catchUp.wait(context)
        let count = sender.askedCount
        try await catchUp.wait(context)
        #expect(sender.askedCount == count)
      }
    }

    @Test func eachReplicaOfASenderIsAsked() async throws {
      let senders = [Sender(), Sender(), Sender()]
      try await run(senders) { catchUp, _ in
        try await catchUp.wait(context)
        #expect(senders.allSatisfy { $0.askedCount >= 1 })
      }
    }

    @Test func aReplicaThatHasNotDeliveredIsWaitedFor() async throws {
      let senders = [Sender(), Sender()]
      senders[1].trouble = RPCError(.unavailable, "pending", "Not yet.")
      try await run(senders) { catchUp, _ in
        await #expect(throws: RPCError.self) { try await catchUp.wait(context) }
        senders[1].trouble = nil
        try await catchUp.wait(context)
      }
    }

    /// Ends a connection, which cannot be told from a crash; returns when the service knows.
    private func breakConnection(of pool: PostgresPool) async {
      let note = pool.onLost
      var isLost = false
      pool.onLost = {
        note?()
        isLost = true
      }
      _ = try? await pool.read("SELECT pg_terminate_backend(pg_backend_pid())")
      let deadline = Deadline.after(.seconds(5))
      while !isLost, !deadline.hasPassed { await Task.yield() }
      pool.onLost = note
    }

    @Test func whatIsReadAcrossASetbackIsReadAgain() async throws {
      try await run([Sender()]) { catchUp, pool in
        var readCount = 0
        let answer = try await catchUp.upToDate(context) {
          readCount += 1
          if readCount == 1 { await breakConnection(of: pool) }
          return readCount
        }
        #expect(answer == 2)
      }
    }

    @Test func whatFailsAcrossASetbackIsReadAgain() async throws {
      try await run([Sender()]) { catchUp, pool in
        var readCount = 0
        let answer = try await catchUp.upToDate(context) {
          readCount += 1
          if readCount == 1 {
            await breakConnection(of: pool)
            throw RPCError(.notFound, "no_account", "There is no such account.")
          }
          return readCount
        }
        #expect(answer == 2)
      }
    }

    @Test func whatFailsByItselfFailsAtOnce() async throws {
      try await run([Sender()]) { catchUp, _ in
        var readCount = 0
        await #expect(throws: RPCError.self) {
          try await catchUp.upToDate(context) {
            readCount += 1
            throw RPCError(.notFound, "no_account", "There is no such account.")
          }
        }
        #expect(readCount == 1)
      }
    }
  }
}
