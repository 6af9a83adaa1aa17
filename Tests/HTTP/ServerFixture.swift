import EventLoop
import EventLoopTesting
import Glibc
import HTTP
import Network

/// A client that sends what it is told to and collects what comes.
final class TestClient: Connection {
  private(set) var isAtEnd = false
  /// What has come and belongs to no answer that was taken.
  private var bytes: [UInt8] = []
  private var taken = 0

  static func connect(to server: HTTPServer) async throws -> TestClient {
    let address = server.listeners[0].localAddress
    let descriptor = try await connect(to: address, deadline: .after(.seconds(5)))
    return TestClient(descriptor: descriptor, peer: address)
  }

  override func received() {
    bytes += input.readableBytes
    input.consume(input.count)
  }

  override func endOfInput() { isAtEnd = true }

  override func closed(_ error: (any Error)?) { isAtEnd = true }

  func send(_ text: String) {
    output.append(text)
    send()
  }

  /// The peer will get no more; this side still reads.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Waits for so many answers, and takes them.
  func answers(_ count: Int) async -> [TestAnswer] {
    var answers: [TestAnswer] = []
    while answers.count < count, let answer = await nextAnswer() { answers.append(answer) }
    return answers
  }

  func answer(isHead: Bool = false) async -> TestAnswer? { await nextAnswer(isHead: isHead) }

  private func nextAnswer(isHead: Bool = false) async -> TestAnswer? {
    while true {
      if let (answer, end) = TestAnswer.first(in: bytes[taken...], isHead: isHead) {
        taken = end
        return answer
      }
      if isAtEnd { return nil }
      await Task.yield()
    }
  }

  /// Waits for these bytes, which are no answer; false where others come.
  func take(_ text: String) async -> Bool {
    while bytes.count < taken + text.utf8.count {
      if isAtEnd { return false }
      await Task.yield()
    }
    taken += text.utf8.count
    return Array(bytes[(taken - text.utf8.count)..<taken]) == Array(text.utf8)
  }

  /// How many bytes have come that belong to no answer that was taken.
  var unreadBytes: Int { bytes.count - taken }

  func end() async {
    while !isAtEnd { await Task.yield() }
  }
}

/// An answer, taken apart by its Content-Length.
struct TestAnswer {
  var status: Int
  var headers: [String: String]
  var body: String

  /// The first answer and its end, if it is whole.
  static func first(in bytes: ArraySlice<UInt8>, isHead: Bool) -> (TestAnswer, end: Int)? {
    guard let end = firstBlankLine(bytes) else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(colon, offsetBy: 2)...])
    }
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    let length = isHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
    guard bytes.endIndex >= end + length else { return nil }
    let body = String(decoding: bytes[end..<(end + length)], as: UTF8.self)
    return (TestAnswer(status: status, headers: headers, body: body), end + length)
  }

  private static func firstBlankLine(_ bytes: ArraySlice<UInt8>) -> Int? {
    var ending = 0
    for index in bytes.indices {
      let expected: UInt8 = ending % 2 == 0 ? 13 : 10
      ending = bytes[index] == expected ? ending + 1 : bytes[index] == 13 ? 1 : 0
      if ending == 4 { return index + 1 }
    }
    return nil
  }
}

/// Runs a server while `body` talks to it, and stops it.
func withServer(
  _ configuration: HTTPServerConfiguration = .init(), bodyLimit: Int = 1 << 20,
  immediate: ((HTTPRequest) -> HTTPResponse?)? = nil,
  handler: @escaping HTTPServer.Handler = { request in describe(request) },
  _ body: @escaping @MainActor (HTTPServer) async throws -> Void
) async throws {
  try await onLoop {
    let address = try Resolver.numeric(Address(parsing: "127.0.0.1:0"))
    let server = HTTPServer(
      listeners: [HTTPBinding(address)], configuration: configuration,
      bodyLimit: { _ in bodyLimit }, immediate: immediate, handler: handler)
    try server.start()
    defer { server.stop() }
    try await body(server)
  }
}

/// The request in words: `POST /x?q [body]`.
func describe(_ request: HTTPRequest) -> HTTPResponse {
  let query = request.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
  let path = String(decoding: request.path, as: UTF8.self)
  let body = String(decoding: request.body, as: UTF8.self)
  let text = "\(request.method.name) \(path)\(query) [\(body)]"
  return HTTPResponse(contentType: "text/plain", body: Array(text.utf8))
}

/// Lets handlers wait until the test says so.
final class TestGate {
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private(set) var arrivals = 0
  private var isOpen = false

  func pass() async {
    arrivals += 1
    if !isOpen { await withCheckedContinuation { waiters.append($0) } }
  }

  func open() {
    isOpen = true
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  func arrived(_ count: Int) async {
    while arrivals < count { await Task.yield() }
  }
}

extension TestClient {
  /// Goes away without a word: both directions at once.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    close()
  }
}
