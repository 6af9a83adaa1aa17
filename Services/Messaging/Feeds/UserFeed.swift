import Contracts
import EventLoop
import Events
import Wire

/// What users follow over their sockets, as live events.
///
/// An event's id follows from what it tells, so that a second publication of it is dropped. Its data
/// is what the REST route of the same thing answers.
public enum UserFeed {
  /// The topics of the outbox that feeds are made from. The first has a `DirectMessage`, the second
  /// a `NotificationRaised` that is listed, the third a `LiveEvent`.
  static let messages = "message.sent"
  static let notifications = "notification.listed"
  static let events = "live.user"

  public typealias Publish = (_ event: LiveEvent) async throws -> Void

  /// Publishes what the outbox has for feeds.
  public static func subscribe(to outbox: Outbox, publish: @escaping Publish) {
    let consumer = "live"
    outbox.subscribe(inBackground: consumer, to: messages) { payload, _ in
      let message = try DirectMessage(bytes: payload)
      for event in try events(of: message, at: WallClock.milliseconds) { try await publish(event) }
    }
    outbox.subscribe(inBackground: consumer, to: notifications) { payload, _ in
      let raised = try NotificationRaised(bytes: payload)
      try await publish(event(of: raised, at: WallClock.milliseconds))
    }
    outbox.subscribe(inBackground: consumer, to: events) { payload, _ in
      try await publish(LiveEvent(bytes: payload))
    }
  }

  /// To the receiver, and to the sender: other devices of theirs follow too.
  static func events(of message: DirectMessage, at now: Int64) throws -> [LiveEvent] {
    let data = try Schemas.transcoder.json(of: message)
    return [message.receiverID, message.senderID].map { userID in
      LiveEvent(
        id: "message:\(message.id)", userID: userID, type: .messageReceived, serverTimeMs: now,
        data: data)
    }
  }

  static func event(of raised: NotificationRaised, at now: Int64) throws -> LiveEvent {
    let notification = Notification(
      id: raised.id, kind: raised.kind, text: raised.text, subjectID: raised.subjectID,
      createdAt: raised.createdMs)
    return LiveEvent(
      id: "notification:\(raised.id)", userID: raised.userID, type: .notification,
      serverTimeMs: now, data: try Schemas.transcoder.json(of: notification))
  }

  /// - Parameter data: the `CompletedSession` as JSON.
  static func event(of session: SessionChanged, data: String, at now: Int64) -> LiveEvent {
    LiveEvent(
      id: "session:\(session.sessionID)", userID: session.userID, type: .sessionCompleted,
      serverTimeMs: now, data: data)
  }
}

extension CompletedSession {
  init(_ session: SessionChanged) {
    self.init(
      sessionID: session.sessionID, sessionType: session.type, source: session.source,
      durationSeconds: Int64(session.durationSeconds),
      durationMinutes: Double(session.durationSeconds) / 60, startTime: session.startMs,
      endTime: session.endMs, projectID: session.projectID, roomID: session.roomID)
  }
}
