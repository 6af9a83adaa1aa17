import Wire

/// An error on the wire (`RPCStatus`).
extension RPCError {
  nonisolated func encode() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, UInt64(code.rawValue))
    writer.field(2, reason)
    writer.field(3, message)
    for violation in violations {
      writer.message(4) { writer in
        writer.field(1, violation.field)
        writer.field(2, violation.code)
        writer.field(3, violation.message)
      }
    }
    if let retryAfter { writer.present(5, retryAfter.wholeMilliseconds) }
    return writer.bytes
  }

  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    self.init(.unknown, "", "")
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: code = RPCError.Code(wireNumber: try field.value.number())
      case 2: reason = try field.value.text()
      case 3: message = try field.value.text()
      case 4: violations.append(try FieldViolation(decoding: field.value.bytes()))
      case 5:
        // A wait of over a year is none that anybody means.
        let milliseconds = min(try field.value.number(), 366 * 86_400_000)
        retryAfter = .milliseconds(Int64(milliseconds))
      default: break
      }
    }
  }
}

extension RPCError.Code {
  /// An error that says it is none, or one that this code does not know, is `unknown`.
  nonisolated init(wireNumber: UInt64) {
    let known = UInt8(exactly: wireNumber).flatMap { RPCError.Code(rawValue: $0) } ?? .unknown
    self = known == .ok ? .unknown : known
  }
}

extension FieldViolation {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    var field = ""
    var code = ""
    var message = ""
    var reader = ProtobufReader(bytes)
    while let next = try reader.next() {
      switch next.number {
      case 1: field = try next.value.text()
      case 2: code = try next.value.text()
      case 3: message = try next.value.text()
      default: break
      }
    }
    self.init(field: field, code: code, message: message)
  }
}

/// The errors that the RPC layer itself makes.
extension RPCError {
  nonisolated static func deadlinePassed() -> RPCError {
    RPCError(.deadlineExceeded, "deadline", "The call took too long.")
  }

  nonisolated static func callCancelled() -> RPCError {
    RPCError(.cancelled, "cancelled", "The call was cancelled.")
  }

  nonisolated static func connectionLost(_ service: String) -> RPCError {
    RPCError(.unavailable, "connection_lost", "The connection to \(service) was lost.")
  }

  nonisolated static func notConnected(_ service: String) -> RPCError {
    RPCError(
      .unavailable, "not_connected", "The service \(service) is away.", retryAfter: .seconds(1))
  }

  nonisolated static func tooLarge() -> RPCError {
    RPCError(.resourceExhausted, "message_too_large", "The message does not fit into a frame.")
  }

  nonisolated static func draining() -> RPCError {
    RPCError(.unavailable, "draining", "The service is shutting down.", retryAfter: .seconds(1))
  }

  nonisolated static func tooManyCalls() -> RPCError {
    RPCError(
      .resourceExhausted, "calls_in_flight", "Too many calls are in flight.",
      retryAfter: .seconds(1))
  }

  /// What an error that a service threw tells its caller: an unknown one nothing.
  nonisolated init(hiding error: any Error) {
    let told = (error as? any CallFailure)?.callError ?? error
    switch told {
    case let error as RPCError where error.code != .ok: self = error
    case is CancellationError: self = .callCancelled()
    default: self = RPCError(.internal, "internal", "Something went wrong.")
    }
  }
}
