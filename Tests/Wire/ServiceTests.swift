import Samples
import Testing
import Wire

/// Generated clients and dispatchers, joined without a network.
struct ServiceTests {
  private let context = CallContext(deadlineNanoseconds: .max, requestID: "request")

  @Test func aClientReachesTheImplementation() async throws {
    let transport = Loopback(SamplesDispatcher(EchoingSamples()))
    let client = SamplesClient(transport)
    let value = Everything(text: "hello", points: [Point(label: "p")], choice: .word("w"))
    #expect(try await client.echo(value, context) == value)
    #expect(try await client.signIn(Nothing(), context).accessToken.reveal() == "request")
    #expect(transport.idempotent == [false, false])
    _ = try await client.find(Search(), context)
    _ = try await client.paint(ByColor(), context)
    #expect(transport.idempotent.suffix(2) == [true, true])
  }

  @Test func errorsComeThrough() async {
    let client = SamplesClient(Loopback(SamplesDispatcher(EchoingSamples())))
    await #expect(throws: RPCError(.alreadyExists, "taken", "it is taken")) {
      try await client.hide(Nothing(), context)
    }
  }

  @Test func refusesUnknownMethodsAndMalformedRequests() async {
    let dispatcher = SamplesDispatcher(EchoingSamples())
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    await #expect { try await dispatcher.dispatch(1, empty, context) } throws: { error in
      (error as? RPCError)?.code == .unimplemented
    }
    let method = Routes.all.first { $0.pattern == "/api/v1/everything" }!.methodID
    let bytes = UnsafeRawBufferPointer.copying([0x0a, 9])
    defer { bytes.deallocate() }
    await #expect { try await dispatcher.dispatch(method, bytes, context) } throws: { error in
      (error as? RPCError)?.code == .invalidArgument
    }
  }

  @Test func aMalformedAnswerIsInternal() async {
    let client = SamplesClient(Garbage())
    await #expect { try await client.echo(Everything(), context) } throws: { error in
      (error as? RPCError)?.code == .internal
    }
  }

  @Test func theDispatcherKnowsItsMethods() {
    let dispatcher = SamplesDispatcher(EchoingSamples())
    #expect(SamplesDispatcher<EchoingSamples>.service == "samples")
    #expect(Set(dispatcher.methods).isSuperset(of: Routes.all.map(\.methodID)))
    #expect(dispatcher.methods.count == 11)
  }
}

private struct EchoingSamples: SamplesService {
  func echo(_ request: Everything, _ context: CallContext) async throws -> Everything { request }
  func check(_ request: Strict, _ context: CallContext) async throws -> Nothing { Nothing() }
  func grow(_ request: Tree, _ context: CallContext) async throws -> Tree { request }
  func find(_ request: Search, _ context: CallContext) async throws -> Tree { Tree() }
  func paint(_ request: ByColor, _ context: CallContext) async throws -> Nothing { Nothing() }
  func signIn(_ request: Nothing, _ context: CallContext) async throws -> Answer {
    Answer(accessToken: Secret(context.requestID))
  }
  func putPicture(_ request: Picture, _ context: CallContext) async throws -> Nothing { Nothing() }
  func getPicture(_ request: PictureRequest, _ context: CallContext) async throws -> Picture {
    Picture()
  }
  func judge(_ request: Criteria, _ context: CallContext) async throws -> Criteria { request }
  func keep(_ request: Nothing, _ context: CallContext) async throws -> Kept { Kept() }
  func hide(_ request: Nothing, _ context: CallContext) async throws -> Nothing {
    throw RPCError(.alreadyExists, "taken", "it is taken")
  }
}

private final class Loopback<D: Dispatcher>: Transport {
  private let dispatcher: D
  private(set) var idempotent: [Bool] = []

  init(_ dispatcher: D) { self.dispatcher = dispatcher }

  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] {
    self.idempotent.append(idempotent)
    let bytes = UnsafeRawBufferPointer.copying(body)
    defer { bytes.deallocate() }
    return try await dispatcher.dispatch(method, bytes, context)
  }
}

private struct Garbage: Transport {
  func call(
    _ method: UInt32, idempotent: Bool, _ body: [UInt8], _ context: CallContext
  ) async throws -> [UInt8] { [0x0a, 9] }
}
