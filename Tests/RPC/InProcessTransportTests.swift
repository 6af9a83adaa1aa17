import EventLoop
import EventLoopTesting
import Testing
import Wire

@testable import RPC

struct InProcessTransportTests {
  let service = TestService()

  func call(_ method: UInt32, _ body: [UInt8] = [], left: Duration = .seconds(5)) async throws
    -> [UInt8]
  {
    let context = CallContext(
      deadlineNanoseconds: Deadline.after(left).nanoseconds, requestID: "r",
      caller: Caller(userID: "u", sessionID: "s"))
    return try await InProcessTransport(service).call(method, idempotent: true, body, context)
  }

  @Test func answersAsOverTheWire() async throws {
    #expect(try await call(TestService.echo, [1]) == [1])
    #expect(service.contexts.last?.caller?.userID == "u")
  }

  @Test func errorsAreThoseOfTheWire() async throws {
    struct Detail: Error {}
    service.error = RPCError(.aborted, "again", "Try again.", retryAfter: .seconds(1))
    #expect(await rpcError { try await call(TestService.fail) } == service.error as? RPCError)
    service.error = Detail()
    #expect(await rpcError { try await call(TestService.fail) }?.code == .internal)
  }

  @Test func passedDeadlineMakesNoCall() async throws {
    let error = await rpcError { try await call(TestService.echo, left: .zero) }
    #expect(error?.code == .deadlineExceeded && service.begun == 0)
  }
}
