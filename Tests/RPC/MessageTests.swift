import Testing
import Wire

@testable import RPC

/// The messages of `rpc.proto`, there and back, and bytes that are none.
struct MessageTests {
  let limits = RPCLimits()

  func decodeContext(_ bytes: [UInt8], at now: UInt64 = 0) throws -> CallContext {
    try bytes.withUnsafeBytes { try CallContext(decoding: $0, at: now, limits: limits) }
  }

  func decodeError(_ bytes: [UInt8]) throws -> RPCError {
    try bytes.withUnsafeBytes { try RPCError(decoding: $0) }
  }

  @Test(arguments: Caller.Role.allCases, Caller.Scope.allCases)
  func contextsSurviveTheWire(role: Caller.Role, scope: Caller.Scope) throws {
    // A user agent of over 127 bytes makes the length of the message around it two bytes long.
    let context = CallContext(
      deadlineNanoseconds: 7_000_000_000, requestID: "request-1",
      traceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      caller: Caller(userID: "u", sessionID: "s", role: role, scope: scope),
      client: ClientInfo(ip: "2001:db8::1", userAgent: String(repeating: "ü", count: 300)))
    var writer = ProtobufWriter()
    context.encode(into: &writer, at: 5_000_000_000)
    let read = try decodeContext(writer.bytes, at: 100)
    var expected = context
    expected.deadlineNanoseconds = 2_000_000_100
    #expect(read == expected)
  }

  @Test func headerOfThePageIsRead() throws {
    let context = try decodeContext(Array(FrameDecoderTests.example[20...]))
    #expect(context == CallContext(deadlineNanoseconds: 2_000_000_000, requestID: "r1"))
  }

  @Test func emptyHeaderGetsTheDefaults() throws {
    let context = try decodeContext([])
    #expect(context.deadlineNanoseconds == 10_000_000_000)
    #expect(context.requestID.count == 32)
    #expect(context.caller == nil && context.client == nil)
  }

  @Test func deadlinesAreCutAtTheLongest() throws {
    var writer = ProtobufWriter()
    CallContext(deadlineNanoseconds: .max, requestID: "r").encode(into: &writer, at: 0)
    #expect(try decodeContext(writer.bytes).deadlineNanoseconds == 300_000_000_000)
  }

  @Test func lateCallIsNotSentAsOneWithoutDeadline() throws {
    var writer = ProtobufWriter()
    CallContext(deadlineNanoseconds: 5, requestID: "r").encode(into: &writer, at: 10)
    #expect(try decodeContext(writer.bytes).deadlineNanoseconds == 1_000_000)
  }

  @Test func unknownFieldsOfEveryTypeAreIgnored() throws {
    let unknown: [UInt8] = [
      0x78, 0x96, 0x01, 0x7a, 0x02, 0x68, 0x69, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8,
    ]
    let context = try decodeContext(unknown + [0x12, 0x01, 0x72])
    #expect(context.requestID == "r")
  }

  @Test func callersWithoutRoleAndScopeMayTheLeast() throws {
    let context = try decodeContext([0x22, 0x03, 0x0a, 0x01, 0x75])
    #expect(
      context.caller == Caller(userID: "u", sessionID: "", role: .user, scope: .read))
  }

  @Test(arguments: RPCError.Code.allCases.filter { $0 != .ok })
  func errorsSurviveTheWire(code: RPCError.Code) throws {
    let error = RPCError(
      code, "email_taken", "Take another one.",
      violations: [
        FieldViolation(field: "email", code: "taken", message: "is taken"),
        FieldViolation(field: "", code: "", message: ""),
      ], retryAfter: .milliseconds(1500))
    #expect(try decodeError(error.encode()) == error)
  }

  @Test func zeroRetryAfterIsKept() throws {
    let error = RPCError(.unavailable, "busy", "", retryAfter: .zero)
    #expect(try decodeError(error.encode()).retryAfter == .zero)
    #expect(try decodeError(RPCError(.unavailable, "", "").encode()).retryAfter == nil)
  }

  @Test(
    arguments: [[], [0x08, 0x00], [0x08, 0x11], [0x08, 0xff, 0xff, 0xff, 0x7f]] as [[UInt8]])
  func codesThatNobodyKnowsAreUnknown(bytes: [UInt8]) throws {
    #expect(try decodeError(bytes).code == .unknown)
  }

  @Test func hugeRetryAfterDoesNotOverflow() throws {
    var writer = ProtobufWriter()
    writer.present(5, .max)
    #expect(try decodeError(writer.bytes).retryAfter == .seconds(366 * 86_400))
  }

  @Test(
    arguments: [
      [0x08], [0x08, 0x80], [0x12, 0x05, 0x61], [0x0a, 0x01, 0x61], [0x00, 0x01], [0x0b],
      [0x0d, 1],
      [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
      [0x22, 0x02, 0x0a, 0x05],
    ] as [[UInt8]])
  func malformedHeadersAreRefused(bytes: [UInt8]) {
    #expect(throws: ProtobufError.self) { try decodeContext(bytes) }
  }

  @Test func mutatedBytesNeverCrash() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SmallGenerator(seed: seed)
    let context = CallContext(
      deadlineNanoseconds: 9, requestID: "r", traceParent: "t",
      caller: Caller(userID: "u", sessionID: "s"), client: ClientInfo(ip: "i", userAgent: "a"))
    var writer = ProtobufWriter()
    context.encode(into: &writer, at: 0)
    for _ in 0..<10_000 {
      var bytes = writer.bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] = .random(in: .min ... .max, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0...3, using: &generator))
      _ = try? decodeContext(bytes)
      _ = try? decodeError(bytes)
      bytes.withUnsafeBytes { buffer in
        _ = try? Hello(decoding: buffer)
        _ = try? Welcome(decoding: buffer)
        _ = try? Goaway(decoding: buffer)
      }
    }
  }
}
