import Testing
import WebSocket

@Suite struct HandshakeTests {
  @Test func theAnswerOfTheRFC() throws {
    #expect(try Handshake(request()).accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }
}

func request(_ change: (inout HandshakeRequest) -> Void = { _ in }) -> HandshakeRequest {
  var request = HandshakeRequest()
  request.upgrade = ["websocket"]
  request.connection = ["keep-alive, Upgrade"]
  request.version = ["13"]
  request.key = ["dGhlIHNhbXBsZSBub25jZQ=="]
  change(&request)
  return request
}
