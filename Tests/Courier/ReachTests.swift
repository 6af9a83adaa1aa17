import Courier
import EventLoopTesting
import HTTP
import Network
import Testing

@Suite struct ReachTests {
  @Test(arguments: [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
    "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1", "::127.0.0.1",
  ])
  func refusesSpecialAddresses(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(!PublicAddress.contains(address.bytes))
  }

  @Test(arguments: [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1",
    "169.253.1.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "192.169.0.1", "198.17.0.1",
    "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860::8888",
  ])
  func takesPublicAddresses(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(PublicAddress.contains(address.bytes))
  }

  @Test(arguments: [
    "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1", "0x7f000001", "2130706433",
    "0", "::1", "fe80::1", "169.254.169.254", "",
  ])
  func excludesHostsBySpelling(host: String) {
    #expect(PublicAddress.excludes(host: host))
  }

  @Test(arguments: [
    "example.com", "1.1.1.1", "16843009", "2606:4700::1111", "localhost.example.com",
  ])
  func takesOtherHosts(host: String) {
    #expect(!PublicAddress.excludes(host: host))
  }

  /// By whatever spelling or name: the address itself is looked at.
  @Test(arguments: ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "0"])
  func neverConnectsToOneself(host: String) async throws {
    try await withServer { _ in
      .text("secret")
    } _: { server, _ in
      let courier = Courier(name: "test", reach: .publicOnly)
      defer { courier.close() }
      let port = server.listeners[0].port
      let kind = await failure(courier, OutgoingRequest(.get, "http://\(host):\(port)/"))
      #expect(kind == .forbiddenAddress)
      #expect(server.listeners[0].accepted == 0)
    }
  }
}
