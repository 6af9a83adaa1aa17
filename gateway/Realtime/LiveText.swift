import Contracts
import EventLoop
import Live
import WebSocket
import Wire

/// The text of what sockets are told: made once for all who get it.
///
/// Nothing here suspends, so one arena and one writer serve all messages.
final class LiveText {
  private let transcoder = Schemas.transcoder
  private let arena = Arena()
  private var writer = JSONWriter()

  func frame(_ message: LiveMessage) throws(WireError) -> EncodedFrame {
    EncodedFrame(text: try json(of: LiveMessage.schema, message))
  }

  func frame(_ item: NumberedEvent) throws(WireError) -> EncodedFrame {
    try frame(
      LiveMessage(
        type: item.event.type, seq: item.seq, serverTime: item.event.serverTimeMs,
        roomID: item.event.roomID, data: item.event.data))
  }

  /// The first message of a room, or the one after messages were missed.
  func frame(_ state: LiveState) throws(WireError) -> EncodedFrame {
    try frame(
      LiveMessage(
        type: state.type, seq: state.seq, serverTime: WallClock.milliseconds,
        roomID: state.roomID, data: String(decoding: try data(state), as: UTF8.self)))
  }

  /// What one socket alone is told.
  func pong() throws(WireError) -> EncodedFrame {
    try frame(LiveMessage(type: .pong, serverTime: WallClock.milliseconds, data: "{}"))
  }

  /// What one socket alone is told.
  func refusal(_ code: String, _ message: String) throws(WireError) -> EncodedFrame {
    let refusal = try json(
      of: LiveRefusal.schema, LiveRefusal(code: code, message: message))
    return try frame(
      LiveMessage(
        type: .error, serverTime: WallClock.milliseconds,
        data: String(decoding: refusal, as: UTF8.self)))
  }

  private func data(_ state: LiveState) throws(WireError) -> [UInt8] {
    switch state.content {
    case .room(let room): try json(of: RoomState.schema, room)
    case .user(let user): try json(of: UserState.schema, user)
    }
  }

  private func json(of schema: Int, _ message: some Message) throws(WireError) -> [UInt8] {
    defer { arena.reset() }
    writer.reset()
    let bytes = try message.bytes()
    let result: Result<Void, WireError> = bytes.withUnsafeBytes { bytes in
      do throws(WireError) {
        return .success(try transcoder.json(of: schema, bytes, arena, into: &writer))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return writer.array
  }
}
