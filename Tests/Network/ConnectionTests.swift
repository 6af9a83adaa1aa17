import EventLoop
import EventLoopTesting
import Glibc
import Network
import Testing

/// Sends back what it receives.
final class Echo: Connection {
  override func received() {
    output.append(input.readableBytes)
    input.consume(input.count)
    send()
  }
}

/// Collects what it receives until it was closed.
final class Collector: Connection {
  var bytes: [UInt8] = []
  var end: (any Error)??

  override func received() {
    bytes += Array(input.readableBytes)
    input.consume(input.count)
  }

  override func closed(_ error: (any Error)?) { end = .some(error) }
}

private func echoListener(_ address: String, limit: Int = 100) throws -> Listener {
  try Listener(Resolver.numeric(Address(parsing: address)), connectionLimit: limit) {
    Echo(descriptor: $0, peer: $1)
  }
}

private func connect(_ listener: Listener) async throws -> Collector {
  let address = listener.localAddress
  let descriptor = try await Connection.connect(to: address, deadline: .after(.seconds(5)))
  return Collector(descriptor: descriptor, peer: address)
}

private func until(_ condition: () -> Bool) async {
  while !condition() { await Task.yield() }
}

@Suite struct ConnectionTests {
  @Test(arguments: [1, 4096, 1 << 20])
  func bytesComeBackAsTheyWereSent(count: Int) async throws {
    try await onLoop {
      let listener = try echoListener("127.0.0.1:0")
      let client = try await connect(listener)
      let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      client.output.append(sent)
      client.send()
      await until { client.bytes.count >= count }
      #expect(client.bytes == sent)
      client.close()
      await until { listener.openConnections == 0 }
      listener.close()
    }
  }

  @Test func aUnixSocketServesToo() async throws {
    try await onLoop {
      let listener = try echoListener("unix:/tmp/focal-echo-\(getpid()).sock")
      let client = try await connect(listener)
      client.output.append("over a path")
      client.send()
      await until { client.bytes.count == 11 }
      client.close()
      listener.close()
    }
  }

  @Test func aConnectionPastTheLimitIsClosedAtOnce() async throws {
    try await onLoop {
      let listener = try echoListener("127.0.0.1:0", limit: 1)
      let first = try await connect(listener)
      await until { listener.openConnections == 1 }
      let second = try await connect(listener)
      await until { second.end != nil }
      #expect(listener.refused == 1)
      #expect(first.end == nil)
      first.close()
      listener.close()
    }
  }

  @Test func aRefusedConnectionSaysSo() async throws {
    try await onLoop {
      let listener = try echoListener("127.0.0.1:0")
      let address = listener.localAddress
      listener.close()
      await #expect(throws: NetworkError.self) {
        try await Connection.connect(to: address, deadline: .after(.seconds(5)))
      }
    }
  }

  @Test func aPeerThatDoesNotReadIsCutOff() async throws {
    try await onLoop {
      var served: Collector?
      let listener = try Listener(
        Resolver.numeric(Address(parsing: "127.0.0.1:0")), connectionLimit: 1
      ) {
        served = Collector(
          descriptor: $0, peer: $1, limits: ConnectionLimits(outputBytesMax: 1 << 20))
        return served
      }
      let client = try await connect(listener)
      client.pauseReading()
      await until { served != nil }
      let block = [UInt8](repeating: 7, count: 1 << 20)
      while let server = served, !server.isClosed {
        server.output.append(block)
        server.send()
        await Task.yield()
      }
      #expect(served?.end as? ConnectionError == .outputOverflow)
      client.close()
      listener.close()
    }
  }

  @Test func readingStopsWhilePausedAndGoesOnAfterwards() async throws {
    try await onLoop {
      let listener = try echoListener("127.0.0.1:0")
      let client = try await connect(listener)
      client.pauseReading()
      client.output.append("hello")
      client.send()
      await turns(20)
      #expect(client.bytes.isEmpty)
      client.resumeReading()
      await until { client.bytes.count == 5 }
      client.close()
      listener.close()
    }
  }

  private func turns(_ count: Int) async {
    let first = EventLoop.shared.turns
    await until { EventLoop.shared.turns > first + UInt64(count) }
  }
}

@Suite struct AddressTests {
  @Test(arguments: [
    ("tcp:localhost:80", "tcp:localhost:80"), ("127.0.0.1:1", "tcp:127.0.0.1:1"),
    ("tcp:[::1]:7101", "tcp:[::1]:7101"), ("unix:/run/focal.sock", "unix:/run/focal.sock"),
  ])
  func anAddressReads(text: String, description: String) throws {
    #expect(try Address(parsing: text).description == description)
  }

  @Test(arguments: ["", "tcp:", "host", "host:", ":80", "host:65536", "host:-1", "unix:"])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(throws: AddressError.self) { try Address(parsing: text) }
  }

  @Test(arguments: ["127.0.0.1", "10.20.30.40", "255.255.255.255", "0.9.99.100", "::1"])
  func aNumericHostReadsAsItIsWritten(host: String) throws {
    let address = try Resolver.numeric(.tcp(host: host, port: 80))
    #expect(address.host == host)
    #expect(address.port == 80)
  }

  @Test func aLongPathIsRefused() {
    #expect(throws: AddressError.self) {
      try Address(parsing: "unix:/" + String(repeating: "x", count: 107))
    }
  }
}

@Suite struct ByteBufferTests {
  @Test func whatIsAppendedIsConsumedInOrder() {
    var buffer = ByteBuffer()
    buffer.append("length ")
    buffer.append(decimal: -120)
    buffer.append(bigEndian: UInt16(0x4142))
    #expect(Array(buffer.readableBytes) == Array("length -120AB".utf8))
    buffer.consume(7)
    buffer.append(String(repeating: "x", count: 5000))
    #expect(Array(buffer.readableBytes.prefix(6)) == Array("-120AB".utf8))
    let count = buffer.count
    #expect(count == 5006)
    buffer.consume(.max)
    let isEmpty = buffer.isEmpty
    #expect(isEmpty)
  }

  @Test func aLengthKnownLateIsWrittenInPlace() {
    var buffer = ByteBuffer()
    buffer.append("skip")
    buffer.consume(4)
    buffer.append(bigEndian: UInt32(0))
    buffer.append("body")
    buffer.overwrite(bigEndian: UInt32(4), at: 0)
    #expect(Array(buffer.readableBytes) == [0, 0, 0, 4] + Array("body".utf8))
  }
}
