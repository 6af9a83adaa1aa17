import WebSocket

/// Who is told what happens to a subject: a socket, or a test.
protocol LiveListener: AnyObject {
  var userID: String { get }
  /// The number of the event that it was told of last.
  var seq: Int64 { get set }
  /// Where it stands among those of its channel.
  var place: Int { get set }
  func send(_ frame: EncodedFrame)
  /// Ends it; it leaves the hub some time later.
  func end(_ end: LiveEnd)
}

/// Why the gateway closes a socket.
nonisolated enum LiveEnd: String, CaseIterable {
  /// Its token has expired.
  case expired
  /// Its device is signed out, its API token deleted, its account gone.
  case revoked
  /// Its user is in the room no more, or the room is closed.
  case removed
  /// It sends more than people do.
  case flood
  /// It sends what is no text.
  case binary
  /// More has happened while it opened than is kept for it.
  case overrun

  var code: CloseCode {
    switch self {
    case .expired, .revoked: 4401
    case .removed: 4403
    case .flood: .policyViolation
    case .binary: .unsupportedData
    case .overrun: .tryAgainLater
    }
  }

  var reason: String {
    switch self {
    case .expired: "the token has expired"
    case .revoked: "the token is not valid any more"
    case .removed: "you are not in this room any more"
    case .flood: "too many messages"
    case .binary: "only text is taken"
    case .overrun: "come back"
    }
  }
}
