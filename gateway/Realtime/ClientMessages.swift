import Contracts
import EventLoop
import Live
import Observability
import WebSocket
import Wire

/// Answers what clients say: `ping`, and in a room `status`.
final class ClientMessages {
  private let rooms: RoomSocketsClient
  private let text: LiveText
  private let transcoder = Schemas.transcoder
  private let arena = Arena()

  private static let callLimit = Duration.seconds(5)
  /// As if it were a body: strict JSON, no unknown fields.
  private static let route = Route(
    "POST", "message", service: "gateway", name: "message", methodID: 0, idempotent: true,
    input: ClientMessage.schema, output: LiveMessage.schema, auth: .user, rateClass: "")

  init(rooms: RoomSocketsClient, text: LiveText) {
    self.rooms = rooms
    self.text = text
  }

  func receive(_ bytes: UnsafeRawBufferPointer, from socket: LiveSocket) {
    do throws(RPCError) {
      let message = try read(bytes)
      switch message.type {
      case "ping": answer(socket) { () throws(WireError) in try text.pong() }
      case "status": try setStatus(message, socket)
      default: throw Self.refusal("unknown_type", "A message is a ping or a status.")
      }
    } catch {
      refuse(error, socket)
    }
  }

  /// Binary messages are not taken.
  private func read(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> ClientMessage {
    defer { arena.reset() }
    let message: [UInt8]
    do {
      message = try transcoder.request(Self.route, body: bytes, arena)
    } catch {
      switch error {
      case .malformed(_, let detail): throw Self.refusal("malformed", detail)
      case .violations(let list):
        throw Self.refusal("invalid", list.first.map { "\($0.field) \($0.message)" } ?? "")
      case .notFound: throw Self.refusal("malformed", "")
      }
    }
    do {
      return try ClientMessage(bytes: message)
    } catch {
      throw Self.refusal("malformed", "")
    }
  }

  private func setStatus(_ message: ClientMessage, _ socket: LiveSocket) throws(RPCError) {
    guard case .room(let roomID) = socket.channel else {
      throw Self.refusal("no_room", "A status is said in a room.")
    }
    guard let status = message.data?.status.flatMap(ParticipantStatus.init(name:)) else {
      throw Self.refusal("invalid", "data.status is active or idle.")
    }
    guard socket.holder.caller.scope != .read else { throw Problems.readOnly }
    let context = CallContext(
      deadlineNanoseconds: Deadline.after(Self.callLimit).nanoseconds,
      requestID: RequestID.make(), caller: socket.holder.caller)
    Task {
      do {
        _ = try await rooms.setRoomStatus(
          SetRoomStatusRequest(roomID: roomID, status: status), context)
      } catch let error as RPCError {
        refuse(error, socket)
      } catch {
        refuse(Self.refusal("internal", "Something went wrong on our side."), socket)
      }
    }
  }

  private func refuse(_ error: RPCError, _ socket: LiveSocket) {
    let isHidden = Problems.status(of: error) == 500
    answer(socket) { () throws(WireError) in
      try text.refusal(
        isHidden ? "internal" : error.reason,
        isHidden ? "Something went wrong on our side." : error.message)
    }
  }

  private func answer(_ socket: LiveSocket, _ frame: () throws(WireError) -> EncodedFrame) {
    do {
      socket.send(try frame())
    } catch {
      Log.shared.error("a message has no text", ["error": .error(error)])
    }
  }

  private static func refusal(_ code: String, _ message: String) -> RPCError {
    RPCError(.invalidArgument, code, message)
  }
}
