import Network
import Testing
import Wire

@testable import Gateway

@Suite struct TrustedProxiesTests {
  private func proxies(_ texts: String...) throws -> TrustedProxies {
    try #require(TrustedProxies(texts))
  }

  @Test func withoutProxiesTheHeaderMeansNothing() throws {
    let client = TrustedProxies().client(peer: "10.0.0.9", forwardedFor: "1.2.3.4")
    #expect(client == "10.0.0.9")
  }

  @Test(arguments: [
    ("203.0.113.7", "203.0.113.7"),
    ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
    ("203.0.113.7, 10.1.1.1", "203.0.113.7"),
    ("not an address, 10.1.1.1", "10.1.1.1"),
    ("2001:db8::1", "2001:db8::1"),
    ("", "10.0.0.9"),
  ])
  func theNearestAddressThatIsNoProxyIsTheClient(header: String, client: String) throws {
    let proxies = try proxies("10.0.0.0/8")
    #expect(proxies.client(peer: "10.0.0.9", forwardedFor: header) == client)
  }

  @Test func onlyATrustedProxySaysThatItWasHTTPS() throws {
    let proxies = try proxies("10.0.0.0/8")
    #expect(proxies.isHTTPS(peer: "10.0.0.9", forwardedProto: "https"))
    #expect(!proxies.isHTTPS(peer: "10.0.0.9", forwardedProto: "http"))
    #expect(!proxies.isHTTPS(peer: "10.0.0.9", forwardedProto: nil))
    #expect(!proxies.isHTTPS(peer: "203.0.113.7", forwardedProto: "https"))
    #expect(!TrustedProxies().isHTTPS(peer: "10.0.0.9", forwardedProto: "https"))
  }

  @Test(arguments: ["10.0.0.0/33", "x", "10.0.0.0/", "::/129", "1.2.3/8"])
  func whatIsNoPrefixIsRefused(text: String) {
    #expect(TrustedProxies([text]) == nil)
  }

  @Test func aPrefixCoversItsAddressesOnly() throws {
    let prefix = try #require(NetworkPrefix("172.16.0.0/12"))
    for (text, isInside) in [("172.31.255.255", true), ("172.32.0.0", false), ("::1", false)] {
      let address = try #require(IPAddress(text))
      #expect(prefix.contains(address) == isInside)
    }
  }
}

@Suite struct ClientNetworkTests {
  @Test(arguments: [
    ("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
    ("2001:db8:1:2::1", "20.1.d.b8.0.1.0.2/64"), ("2001:db8:1:2:ffff::9", "20.1.d.b8.0.1.0.2/64"),
    ("2001:0db8:0001:0002::1", "20.1.d.b8.0.1.0.2/64"), ("2001:db8:1:3::1", "20.1.d.b8.0.1.0.3/64"),
    ("::1", "0.0.0.0.0.0.0.0/64"), ("unix", "unix"),
  ])
  func ofIPv6TheFirstHalfCounts(client: String, name: String) {
    #expect(ClientNetwork.name(of: client) == name)
  }
}

@Suite struct CookieTests {
  @Test(arguments: [
    ("token=abc", "abc"), ("a=b; token=abc", "abc"), ("a=b;token=abc;c=d", "abc"), ("token=", ""),
  ])
  func theTokenIsFoundAmongCookies(header: String, token: String) {
    #expect(find(header) == token)
  }

  @Test(arguments: ["", "tokens=abc", "xtoken=abc", "a=token=abc", "Token=abc"])
  func otherCookiesAreNotTheToken(header: String) {
    #expect(find(header) == nil)
  }

  private func find(_ header: String) -> String? {
    Array(header.utf8).withUnsafeBytes { bytes in
      Authentication.token(in: bytes).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}

@Suite struct CrossOriginTests {
  private let crossOrigin = CrossOrigin(origins: ["https://app.example"])

  @Test func aKnownOriginMayReadTheAnswer() {
    let headers = crossOrigin.headers(origin: "https://app.example")
    #expect(headers.contains { $0 == ("Access-Control-Allow-Origin", "https://app.example") })
    #expect(headers.contains { $0 == ("Vary", "Origin") })
  }

  @Test(arguments: [nil, "https://app.example.evil", "http://app.example", "null"])
  func anyOtherMayNot(origin: String?) {
    let headers = crossOrigin.headers(origin: origin)
    #expect(!headers.contains { $0.name == "Access-Control-Allow-Origin" })
  }
}

@Suite struct ProblemTests {
  @Test(arguments: [
    (RPCError(.notFound, "x", ""), 404), (RPCError(.invalidArgument, "invalid", ""), 422),
    (RPCError(.invalidArgument, "malformed", ""), 400), (RPCError(.unavailable, "x", ""), 503),
    (RPCError(.deadlineExceeded, "x", ""), 504), (RPCError(.alreadyExists, "x", ""), 409),
    (RPCError(.resourceExhausted, "rate_limited", ""), 429),
    (RPCError(.resourceExhausted, "too_many_calls", ""), 503),
    (RPCError(.internal, "x", ""), 500), (RPCError(.unauthenticated, "x", ""), 401),
  ])
  func eachErrorHasItsStatus(error: RPCError, status: Int) {
    #expect(Problems.response(to: error, instance: nil, requestID: "r").status == status)
  }

  @Test func whatIsUnknownIsHidden() {
    let error = RPCError(.internal, "sql", "SELECT failed at 10.0.0.1")
    let response = Problems.response(to: error, instance: "/x", requestID: "r")
    #expect(!String(decoding: response.body, as: UTF8.self).contains("SELECT"))
  }

  @Test func aRetryIsInvitedInWholeSeconds() {
    let error = RPCError(.unavailable, "busy", "", retryAfter: .milliseconds(1_200))
    let response = Problems.response(to: error, instance: nil, requestID: "r")
    #expect(response.headers.contains { $0 == ("Retry-After", "2") })
  }
}
