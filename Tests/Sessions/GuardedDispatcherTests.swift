import Contracts
import EventLoopTesting
import Postgres
import Testing
import Wire

@testable import Sessions

struct GuardedDispatcherTests {
  @Test func aDatabaseThatIsAwayMakesTheServiceUnavailable() async throws {
    try await onLoop {
      // Nobody listens there.
      let pool = PostgresPool(
        url: "postgres://nobody@127.0.0.1:1/none", size: 2, applicationName: "test")
      pool.start()
      let auth = AuthClient(SettingsSource(UserChanged()))
      let service = FocusSessions(
        store: SessionStore(pool), users: KnownUsers(store: SettingsStore(pool), auth: auth),
        deliver: { _, _ in })
      let dispatcher = GuardedDispatcher(service)
      let route = try #require(Routes.all.first { $0.pattern == "/api/v1/sessions/active" })
      let context = CallContext(
        deadlineNanoseconds: .max,
        caller: Caller(userID: "01939f0e-0000-7000-8000-00000000000a", sessionID: "s"))
      let error = await #expect(throws: RPCError.self) {
        try await dispatcher.dispatch(route.methodID, .init(start: nil, count: 0), context)
      }
      #expect(error?.code == .unavailable)
      await #expect(throws: RPCError.self) {
        try await dispatcher.dispatch(
          route.methodID, .init(start: nil, count: 0),
          CallContext(deadlineNanoseconds: .max))
      }
      pool.close()
    }
  }
}
