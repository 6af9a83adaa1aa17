import Contracts
import EventLoop
import HTTP
import Live
import Observability
import WebSocket
import Wire

/// Opens WebSockets: who asks, for what, and is there room. What a request may not have is a problem
/// before the upgrade; afterwards a close code.
final class SocketDesk {
  /// What the two routes lead to.
  enum Kind { case room, user }

  /// Whether a request may go on.
  enum Admission {
    case refused(HTTPResponse)
    case admitted(Handshake, SocketQuery, SocketHolder)
  }

  private let authentication: Authentication
  private let tickets: TicketsClient
  private let revocations: Revocations
  private let server: WebSocketServer
  private let table: SocketTable
  private let hub: Hub
  private let messages: ClientMessages

  /// From the answer to the open socket; else the client has gone in between.
  private static let openingLimit = Duration.seconds(10)

  init(
    authentication: Authentication, tickets: TicketsClient, revocations: Revocations,
    server: WebSocketServer, table: SocketTable, hub: Hub, messages: ClientMessages
  ) {
    self.authentication = authentication
    self.tickets = tickets
    self.revocations = revocations
    self.server = server
    self.table = table
    self.hub = hub
    self.messages = messages
    revocations.onRevoked = { [weak self] session, role in
      authentication.forget(tokenID: session)
      for socket in self?.table.sockets(ofSession: session) ?? []
      where socket.holder.caller.role != role {
        socket.end(.revoked)
      }
    }
  }

  // MARK: Before the upgrade

  /// Who asks, by token or ticket. Throws 401, 403 and 429; what is no handshake is refused.
  func admit(
    _ request: HTTPRequest, from client: String, _ context: CallContext
  ) async throws -> Admission {
    let mark = revocations.mark
    let query = try SocketQuery(request.query)
    let known = try await authentication.holder(
      of: request, from: client, hasTicket: query.ticket != nil, mark: mark,
      requestID: context.requestID)
    let handshake: Handshake
    do {
      handshake = try Handshake(request)
    } catch {
      return .refused(Self.problem(error, request, context))
    }
    if let known { return .admitted(handshake, query, known) }
    guard let ticket = query.ticket else { throw Problems.noToken }
    return .admitted(handshake, query, try await redeem(ticket, from: client, mark: mark, context))
  }

  private func redeem(
    _ ticket: Secret, from client: String, mark: Int, _ context: CallContext
  ) async throws -> SocketHolder {
    try authentication.strangers.admit(client)
    do {
      let holder = try await tickets.redeemTicket(
        RedeemTicketRequest(ticket: ticket), context)
      let role: Caller.Role =
        switch holder.role {
        case .admin: .admin
        case .moderator: .moderator
        case .user, .unspecified: .user
        }
      return SocketHolder(
        caller: Caller(
          userID: holder.userID, sessionID: holder.sessionID, role: role,
          scope: holder.readOnly ? .read : .write),
        expiresAt: holder.expiresAtMs, revocationMark: mark)
    } catch let error as RPCError where error.code == .notFound {
      authentication.strangers.failed(client)
      throw RPCError(.unauthenticated, error.reason, error.message)
    }
  }

  /// A room's id as a path has it; nil for what is none.
  static func roomID(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.count == 36 else { return nil }
    for (index, byte) in bytes.enumerated() {
      let isDash = [8, 13, 18, 23].contains(index)
      let isHex = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
      guard isDash ? byte == UInt8(ascii: "-") : isHex else { return nil }
    }
    return String(decoding: bytes, as: UTF8.self).lowercased()
  }

  private static func problem(
    _ refusal: HandshakeRefusal, _ request: HTTPRequest, _ context: CallContext
  ) -> HTTPResponse {
    let version = ("Sec-WebSocket-Version", "13")
    return .problem(
      Problem(
        status: refusal.status, code: refusal.rawValue, detail: refusal.detail,
        instance: String(decoding: request.path, as: UTF8.self), requestID: context.requestID),
      headers: refusal.headers.filter { $0.name != version.0 } + [version])
  }

  // MARK: The upgrade

  /// The answer that opens a socket. Throws 403 `not_participant`, 404, 429 and 503.
  func open(
    _ channel: LiveChannel, _ handshake: Handshake, since: Int64?, _ holder: SocketHolder,
    _ context: CallContext
  ) async throws -> HTTPResponse {
    try table.reserve(holder.caller.userID)
    let join: LiveJoin
    do {
      join = try await hub.join(channel, holder.caller, since: since, context)
    } catch {
      table.release(holder.caller.userID)
      throw error
    }
    let requestID = context.requestID
    var isPending = true
    let timer = EventLoop.shared.schedule(after: Self.openingLimit) { [self] in
      isPending = false
      hub.drop(join)
      table.release(holder.caller.userID)
    }
    return server.response(to: handshake) { [self] connection in
      guard isPending else { return connection.close(.tryAgainLater) }
      timer.cancel()
      opened(connection, join, holder, requestID)
    }
  }

  private func opened(
    _ connection: WebSocketConnection, _ join: LiveJoin, _ holder: SocketHolder,
    _ requestID: String
  ) {
    let socket = LiveSocket(connection, holder, join.channel)
    connection.onMessage = { [messages] message in
      guard socket.admits() else { return socket.end(.flood) }
      switch message {
      case .text(let bytes): messages.receive(bytes, from: socket)
      case .binary: socket.end(.binary)
      }
    }
    connection.onClosed = { [weak self] end in self?.closed(socket, end, requestID) }
    table.add(socket)
    log("socket opened", socket, ["request_id": .string(requestID)])
    hub.attach(join, socket)
    let caller = holder.caller
    if revocations.refuses(caller.sessionID, caller.role, since: holder.revocationMark) {
      socket.end(.revoked)
    }
  }

  private func closed(_ socket: LiveSocket, _ end: SocketEnd, _ requestID: String) {
    socket.closed()
    table.remove(socket)
    table.release(socket.userID)
    hub.leave(socket, socket.channel)
    SocketMetrics.ended(end, socket.end)
    let spent = EventLoop.shared.now &- socket.openedAt
    log(
      "socket closed", socket,
      [
        "request_id": .string(requestID), "close_code": .int(Int(end.code.rawValue)),
        "cause": .string("\(end.cause)"),
        "duration": .duration(.nanoseconds(Int64(clamping: spent))),
        "messages_in": .int(socket.messagesReceived), "messages_out": .int(socket.messagesSent),
      ])
  }

  private func log(_ text: String, _ socket: LiveSocket, _ fields: LogFields) {
    guard Log.shared.level <= .info else { return }
    var fields = fields
    fields.append("user_id", .string(socket.userID))
    if case .room(let id) = socket.channel { fields.append("room_id", .string(id)) }
    Log.shared.info(text, fields)
  }
}
