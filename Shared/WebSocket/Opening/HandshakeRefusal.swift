import HTTP

/// Why a request opens no socket. The raw value is the problem's code.
public nonisolated enum HandshakeRefusal: String, Error, CaseIterable {
  case notGet = "websocket_not_get"
  /// No HTTP/1.1 upgrade to `websocket` was asked for.
  case notUpgrade = "websocket_upgrade_required"
  case unknownVersion = "websocket_version_unknown"
  case malformedKey = "websocket_key_malformed"
  case malformedExtensions = "websocket_extensions_malformed"

  public var status: Int {
    switch self {
    case .notGet: 405
    case .notUpgrade, .unknownVersion: 426
    case .malformedKey, .malformedExtensions: 400
    }
  }

  public var detail: String {
    switch self {
    case .notGet: "A WebSocket is opened by GET."
    case .notUpgrade: "Only a WebSocket can be opened here."
    case .unknownVersion: "Version 13 of WebSocket is spoken here."
    case .malformedKey: "Sec-WebSocket-Key must be 16 bytes in base64."
    case .malformedExtensions: "Sec-WebSocket-Extensions is malformed."
    }
  }

  /// What the answer carries besides.
  public var headers: [HTTPResponse.Header] {
    switch self {
    case .notGet: [("Allow", "GET")]
    case .notUpgrade: [("Upgrade", "websocket")]
    case .unknownVersion: [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")]
    case .malformedKey, .malformedExtensions: []
    }
  }
}
