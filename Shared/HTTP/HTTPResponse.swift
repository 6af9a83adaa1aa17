import Network

/// An answer. The connection adds the status line, `Date`, `Content-Length`, `Connection` and the
/// server-wide headers; a handler's own header of one of the framing names is left out.
nonisolated public struct HTTPResponse: Sendable {
  public typealias Header = (name: String, value: String)

  public var status: Int
  /// The type of the body; no header where nil or where the body is empty.
  public var contentType: String?
  /// Written in order. Names are tokens; line breaks and other controls in values become spaces.
  public var headers: [Header]
  public var body: [UInt8]
  /// Whether this answer is the last one on its connection.
  public var closesConnection = false
  /// Of a `101`: called when the answer is on its way, with the connection whose `input` is what the
  /// client has sent behind its request. It takes the connection over
  /// (`Connection.init(takingOver:limits:)`), or it is closed; the server knows it no more.
  public var upgrade: (@MainActor @Sendable (Connection) -> Void)?

  public init(
    status: Int = 200, contentType: String? = nil, headers: [Header] = [], body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  /// An answer whose body is JSON already.
  public static func json(_ body: [UInt8], status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "application/json", body: body)
  }

  /// A problem with its status. `headers` are added: `Retry-After`, `Allow`, `WWW-Authenticate`.
  public static func problem(_ problem: Problem, headers: [Header] = []) -> HTTPResponse {
    HTTPResponse(
      status: problem.status, contentType: Problem.contentType, headers: headers,
      body: problem.json())
  }
}
