/// One HTTP request to somebody else's server.
public nonisolated struct OutgoingRequest: Sendable {
  public nonisolated enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  public var method: Method
  /// `http` or `https`, without a user.
  public var url: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// From the call to its answer, waiting for a place included.
  public var timeLimit: Duration
  /// A larger body is an error, unless it is cut.
  public var bodyBytesMax: Int
  /// What exceeds `bodyBytesMax` is not wanted: the answer has what came before.
  public var cutsBody: Bool

  public init(
    _ method: Method, _ url: String, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], timeLimit: Duration = .seconds(10), bodyBytesMax: Int = 1 << 20,
    cutsBody: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeLimit = timeLimit
    self.bodyBytesMax = bodyBytesMax
    self.cutsBody = cutsBody
  }

  static let urlBytesMax = 8 << 10

  /// Throws where a text would change the meaning of the request.
  func check() throws(CourierError) {
    guard url.utf8.count <= Self.urlBytesMax, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw CourierError(.invalid, "the URL has characters that no URL has")
    }
    for header in headers {
      guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isToken),
        header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
      else { throw CourierError(.invalid, "the header \(header.name) is none") }
    }
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// What came back.
public nonisolated struct OutgoingAnswer: Sendable {
  public var status: Int
  /// Names in lower case, in the order in which they came; at most 100.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// There was more of the body than was wanted.
  public var isCut: Bool

  /// The first header of this name, in lower case.
  public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
