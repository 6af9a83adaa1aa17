import Testing

@testable import WebSocket

@Suite struct HandshakeTests {
  /// The example of RFC 6455, section 1.3.
  @Test func theKeyIsAnswered() throws {
    let handshake = try Handshake(request())
    #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(handshake.extensions == nil)
  }

  @Test(arguments: ["websocket", "WebSocket", "h2c, websocket", "h2c,WEBSOCKET "])
  func theUpgradeIsAListWithoutCase(value: String) throws {
    _ = try Handshake(request { $0.upgrade = [value] })
  }

  @Test(arguments: ["Upgrade", "upgrade", "keep-alive, Upgrade", "close ,\tUPGRADE"])
  func theConnectionIsAListWithoutCase(value: String) throws {
    _ = try Handshake(request { $0.connection = [value] })
    _ = try Handshake(request { $0.connection = ["keep-alive", value] })
  }

  @Test func whatIsNoHandshakeIsRefused() {
    let refusals: [(HandshakeRefusal, (inout HandshakeRequest) -> Void)] = [
      (.notGet, { $0.isGet = false }),
      (.notUpgrade, { $0.isVersion11 = false }),
      (.notUpgrade, { $0.upgrade = [] }),
      (.notUpgrade, { $0.upgrade = ["h2c"] }),
      (.notUpgrade, { $0.upgrade = ["websockets"] }),
      (.notUpgrade, { $0.connection = ["keep-alive"] }),
      (.notUpgrade, { $0.connection = [] }),
      (.unknownVersion, { $0.version = [] }),
      (.unknownVersion, { $0.version = ["8"] }),
      (.unknownVersion, { $0.version = ["13", "13"] }),
      (.unknownVersion, { $0.version = ["013"] }),
      (.malformedKey, { $0.key = [] }),
      (.malformedKey, { $0.key = [""] }),
      (.malformedKey, { $0.key = ["dGhlIHNhbXBsZSBub25jZQ"] }),
      (.malformedKey, { $0.key = ["dGhlIHNhbXBsZSBub25jZTE="] }),
      (.malformedKey, { $0.key = ["dGhlIHNhbXBsZSBub25j!Q=="] }),
      (.malformedKey, { $0.key = [$0.key[0], $0.key[0]] }),
      (.malformedExtensions, { $0.extensions = ["a b"] }),
      (.malformedExtensions, { $0.extensions = ["permessage-deflate;"] }),
      (.malformedExtensions, { $0.extensions = [",permessage-deflate"] }),
      (.malformedExtensions, { $0.extensions = ["x; a="] }),
      (.malformedExtensions, { $0.extensions = ["x; a=\"b"] }),
      (.malformedExtensions, { $0.extensions = ["x; a=\"b c\""] }),
    ]
    for (refusal, change) in refusals {
      #expect(throws: refusal) { try Handshake(request(change)) }
    }
    #expect(HandshakeRefusal.unknownVersion.status == 426)
    #expect(
      HandshakeRefusal.unknownVersion.headers.contains { $0 == ("Sec-WebSocket-Version", "13") })
  }

  private nonisolated static let answer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

  @Test(arguments: [
    ("permessage-deflate", answer),
    ("permessage-deflate; client_max_window_bits", answer),
    ("permessage-deflate; client_max_window_bits=10", answer),
    ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", answer),
    ("permessage-deflate; server_max_window_bits=15", answer + "; server_max_window_bits=15"),
    ("permessage-deflate; server_max_window_bits=8", answer + "; server_max_window_bits=8"),
    ("permessage-deflate; server_max_window_bits=\"10\"", answer + "; server_max_window_bits=10"),
    ("x-webkit-deflate-frame, permessage-deflate", answer),
    ("permessage-deflate; server_max_window_bits=7, permessage-deflate", answer),
    ("foo; bar=1;baz , permessage-deflate ; client_max_window_bits", answer),
  ])
  func compressionIsAgreedOn(offer: String, expected: String) throws {
    #expect(try Handshake(request { $0.extensions = [offer] }).extensions == expected)
    let split = offer.split(separator: ",").map(String.init)
    #expect(try Handshake(request { $0.extensions = split }).extensions == expected)
    let handshake = try Handshake(request { $0.extensions = [offer] }, compresses: false)
    #expect(handshake.extensions == nil)
  }

  @Test(arguments: [
    "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=08",
    "permessage-deflate; client_max_window_bits=0", "permessage-deflate; foo",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_max_window_bits; client_max_window_bits", "foo",
  ])
  func anOfferThatCannotBeTakenIsDeclined(offer: String) throws {
    #expect(try Handshake(request { $0.extensions = [offer] }).extensions == nil)
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
