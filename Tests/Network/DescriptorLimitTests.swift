import EventLoop
import EventLoopTesting
import Glibc
import Testing

@testable import Network

/// Running out of descriptors: an edge-triggered listener that cannot accept is never told again,
/// unless it makes room for one.
@Suite(.serialized) struct DescriptorLimitTests {
  @Test func runningOutOfDescriptorsIsSurvived() async throws {
    try await onLoop {
      let listener = try Listener(
        Resolver.numeric(Address(parsing: "127.0.0.1:0")), connectionLimit: 100
      ) { Echo(descriptor: $0, peer: $1) }
      // They wait in the backlog: the loop has not turned yet.
      var waiting = (0..<10).map { _ in Self.connect(to: listener.localAddress) }
      let highest = try #require(waiting.max())
      var before = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
      var tight = rlimit(rlim_cur: rlim_t(highest) + 3, rlim_max: before.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &tight)
      defer { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before) }
      while listener.refused == 0 { await Task.yield() }
      #expect(listener.accepted < 10)

      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)
      let accepted = listener.accepted
      waiting.append(Self.connect(to: listener.localAddress))
      while listener.accepted == accepted { await Task.yield() }
      for descriptor in waiting { Glibc.close(descriptor) }
      listener.close()
    }
  }

  private static func connect(to address: SocketAddress) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
    return descriptor
  }
}
