/// On whose behalf a call is made; the gateway has checked it.
public nonisolated struct Caller: Hashable, Sendable {
  public enum Role: UInt8, Sendable, CaseIterable { case user, moderator, admin }

  /// What the caller's token allows; `full` of a signed-in person, the others of API tokens.
  public enum Scope: UInt8, Sendable, CaseIterable { case full, read, write }

  public var userID: String
  public var sessionID: String
  public var role: Role
  public var scope: Scope

  public init(userID: String, sessionID: String, role: Role = .user, scope: Scope = .full) {
    self.userID = userID
    self.sessionID = sessionID
    self.role = role
    self.scope = scope
  }
}

/// The end user's machine, as the gateway saw it.
public nonisolated struct ClientInfo: Hashable, Sendable {
  public var ip: String
  public var userAgent: String

  public init(ip: String, userAgent: String) {
    self.ip = ip
    self.userAgent = userAgent
  }
}

/// What goes along with a call, besides its message.
public nonisolated struct CallContext: Hashable, Sendable {
  /// CLOCK_MONOTONIC of this machine; on the wire it is the time that is left.
  public var deadlineNanoseconds: UInt64
  public var requestID: String
  /// W3C traceparent; empty where the call is not traced.
  public var traceParent: String
  /// nil: anonymous, or one of the system's own calls.
  public var caller: Caller?
  public var client: ClientInfo?

  public init(
    deadlineNanoseconds: UInt64, requestID: String = "", traceParent: String = "",
    caller: Caller? = nil, client: ClientInfo? = nil
  ) {
    self.deadlineNanoseconds = deadlineNanoseconds
    self.requestID = requestID
    self.traceParent = traceParent
    self.caller = caller
    self.client = client
  }
}

nonisolated extension CallContext {
  /// The caller's id, in lower case.
  ///
  /// - Throws: `RPCError` `unauthenticated` of a call without a caller.
  public var userID: String {
    get throws(RPCError) {
      guard let caller else {
        throw RPCError(.unauthenticated, "no_caller", "Nobody is signed in.")
      }
      return caller.userID
    }
  }
}
