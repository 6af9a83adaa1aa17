import Observability
import Wire

/// The header of a request (`RPCCallHeader`) as the context of a call, and back.
extension CallContext {
  /// A longer request id is replaced by one of our own.
  nonisolated static let requestIDBytesMax = 128

  /// Writes the header, with what is left of the deadline at `now`.
  @inline(__always)
  nonisolated func encode(into writer: inout ProtobufWriter, at now: UInt64) {
    let left = deadlineNanoseconds > now ? (deadlineNanoseconds - now) / 1_000_000 : 0
    // 0 would mean the default: what is less than a millisecond is one.
    writer.field(1, max(1, min(left, UInt64(UInt32.max))))
    writer.field(2, requestID)
    writer.field(3, traceParent)
    if let caller {
      writer.message(4) { writer in
        writer.field(1, caller.userID)
        writer.field(2, caller.sessionID)
        writer.field(3, caller.role.wireNumber)
        writer.field(4, caller.scope.wireNumber)
      }
    }
    if let client {
      writer.message(5) { writer in
        writer.field(1, client.ip)
        writer.field(2, client.userAgent)
      }
    }
  }

  /// Reads a header that arrived at `now` (monotonic nanoseconds).
  nonisolated init(
    decoding bytes: UnsafeRawBufferPointer, at now: UInt64, limits: RPCLimits
  ) throws(ProtobufError) {
    var milliseconds: UInt64 = 0
    var requestID = ""
    var traceParent = ""
    var caller: Caller?
    var client: ClientInfo?
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: milliseconds = try field.value.number()
      case 2: requestID = try field.value.text()
      case 3: traceParent = try field.value.text()
      case 4: caller = try Caller(decoding: field.value.bytes())
      case 5: client = try ClientInfo(decoding: field.value.bytes())
      default: break
      }
    }
    if requestID.isEmpty || requestID.utf8.count > CallContext.requestIDBytesMax {
      requestID = RequestID.make()
    }
    if milliseconds == 0 { milliseconds = limits.callTimeout.wholeMilliseconds }
    let allowed = min(milliseconds, limits.callTimeoutMax.wholeMilliseconds)
    self.init(
      deadlineNanoseconds: now + allowed * 1_000_000, requestID: requestID,
      traceParent: traceParent, caller: caller, client: client)
  }
}

extension Caller {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    var userID = ""
    var sessionID = ""
    // The least that there is, for a peer that leaves them out or is newer than this code.
    var role = Caller.Role.user
    var scope = Caller.Scope.read
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: userID = try field.value.text()
      case 2: sessionID = try field.value.text()
      case 3: role = Caller.Role(wireNumber: try field.value.number())
      case 4: scope = Caller.Scope(wireNumber: try field.value.number())
      default: break
      }
    }
    self.init(userID: userID, sessionID: sessionID, role: role, scope: scope)
  }
}

extension ClientInfo {
  nonisolated init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
    var ip = ""
    var userAgent = ""
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: ip = try field.value.text()
      case 2: userAgent = try field.value.text()
      default: break
      }
    }
    self.init(ip: ip, userAgent: userAgent)
  }
}

extension Caller.Role {
  /// `RPCRole`.
  nonisolated var wireNumber: UInt64 {
    switch self {
    case .user: 1
    case .moderator: 2
    case .admin: 3
    }
  }

  nonisolated init(wireNumber: UInt64) {
    switch wireNumber {
    case 2: self = .moderator
    case 3: self = .admin
    default: self = .user
    }
  }
}

extension Caller.Scope {
  /// `RPCScope`.
  nonisolated var wireNumber: UInt64 {
    switch self {
    case .full: 1
    case .read: 2
    case .write: 3
    }
  }

  nonisolated init(wireNumber: UInt64) {
    switch wireNumber {
    case 1: self = .full
    case 3: self = .write
    default: self = .read
    }
  }
}

extension Duration {
  /// Whole milliseconds, at least 0.
  nonisolated var wholeMilliseconds: UInt64 {
    let parts = components
    guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
    return UInt64(parts.seconds) * 1000 + UInt64(parts.attoseconds / 1_000_000_000_000_000)
  }
}
