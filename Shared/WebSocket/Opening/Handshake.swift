import HTTP
import Security

/// A client's opening handshake that was found good (RFC 6455, section 4.2). Whether its `Origin` may
/// open a socket, and who its user is, is for others to say.
public nonisolated struct Handshake: Sendable {
  /// The answer's `Sec-WebSocket-Accept`.
  public let accept: String
  /// The answer's `Sec-WebSocket-Extensions`, if compression is agreed on.
  public var extensions: String? { agreement?.answer }
  let agreement: DeflateAgreement?

  /// Checks a request. No subprotocol is ever agreed on.
  public init(_ request: HandshakeRequest, compresses: Bool = true) throws(HandshakeRefusal) {
    guard request.isGet else { throw .notGet }
    guard request.isVersion11, Self.lists(request.upgrade, "websocket"),
      Self.lists(request.connection, "upgrade")
    else { throw .notUpgrade }
    guard request.version == ["13"] else { throw .unknownVersion }
    guard request.key.count == 1, Self.isKey(request.key[0]) else { throw .malformedKey }
    accept = Self.accept(request.key[0])
    var agreement: DeflateAgreement?
    if !request.extensions.isEmpty {
      // Several fields are one list.
      guard let list = ExtensionList(request.extensions.joined(separator: ",")) else {
        throw .malformedExtensions
      }
      if compresses { agreement = .first(of: list) }
    }
    self.agreement = agreement
  }

  @MainActor public init(
    _ request: HTTPRequest, compresses: Bool = true
  ) throws(HandshakeRefusal) {
    try self.init(HandshakeRequest(request), compresses: compresses)
  }

  /// The answer's own headers; `Connection` is the connection's.
  var headers: [HTTPResponse.Header] {
    var headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Accept", accept)]
    if let extensions { headers.append(("Sec-WebSocket-Extensions", extensions)) }
    return headers
  }

  /// Whether the lists have this element, without regard to case.
  private static func lists(_ values: [String], _ element: String) -> Bool {
    values.contains { value in
      value.split(separator: ",").contains { part in
        part.drop { $0 == " " || $0 == "\t" }
          .prefix { $0 != " " && $0 != "\t" }.lowercased() == element
      }
    }
  }

  /// 16 bytes in base64: 22 digits and their padding.
  private static func isKey(_ text: String) -> Bool {
    text.utf8.count == 24 && text.hasSuffix("==")
      && Base64.decode(String(text.dropLast(2)))?.count == 16
  }

  private static func accept(_ key: String) -> String {
    Base64.encode(Digest.sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) + "="
  }
}
