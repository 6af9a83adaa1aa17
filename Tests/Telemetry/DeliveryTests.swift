import Courier
import EventLoop
import EventLoopTesting
import HTTP
import Network
import Testing

@testable import Telemetry

@Suite struct DeliveryTests {
  /// What a receiver has seen, and what it says.
  private final class Receiver {
    var answers: [HTTPResponse] = []
    var hangs = false
    private(set) var bodies: [String] = []

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
      bodies.append(String(decoding: request.body, as: UTF8.self))
      if hangs { await EventLoop.shared.pause(for: .seconds(10)) }
      return answers.isEmpty ? HTTPResponse(status: 200) : answers.removeFirst()
    }
  }

  /// Runs `body` with a delivery of these parcels, one event each.
  private func deliver(
    _ parcels: [String], to receiver: Receiver,
    _ body: @escaping @MainActor (Delivery) async throws -> Void
  ) async throws {
    try await onLoop {
      let address = try Resolver.numeric(Address(parsing: "127.0.0.1:0"))
      let server = HTTPServer(
        listeners: [HTTPBinding(address)], configuration: HTTPServerConfiguration(),
        bodyLimit: { _ in 1 << 20 }, immediate: nil, handler: receiver.answer)
      try server.start()
      defer { server.stop() }
      let url = "http://127.0.0.1:\(server.listeners[0].port)/"
      var rest = parcels
      let delivery = Delivery("test") {
        guard !rest.isEmpty else { return nil }
        let request = OutgoingRequest(.post, url, body: Array(rest.removeFirst().utf8))
        return Delivery.Parcel(request: request, count: 1)
      }
      try await body(delivery)
    }
  }

  private func response(_ status: Int, retryAfter: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: [("Retry-After", retryAfter)])
  }

  private func until(_ condition: () -> Bool) async {
    while !condition() { await EventLoop.shared.pause(for: .milliseconds(1)) }
  }

  @Test func bringsOneAfterAnother() async throws {
    let receiver = Receiver()
    try await deliver(["a", "b", "c"], to: receiver) { delivery in
      delivery.wake()
      delivery.wake()
      await self.until { receiver.bodies.count == 3 }
      #expect(receiver.bodies == ["a", "b", "c"])
    }
  }

  @Test func triesAgainAfterTheReceiversPause() async throws {
    let receiver = Receiver()
    receiver.answers = [response(503, retryAfter: "0"), response(429, retryAfter: "0.01")]
    try await deliver(["a", "b"], to: receiver) { delivery in
      delivery.wake()
      await self.until { receiver.bodies.count == 4 }
      #expect(receiver.bodies == ["a", "a", "a", "b"])
    }
  }

  @Test func givesUpAfterItsTries() async throws {
    let receiver = Receiver()
    receiver.answers = (0..<Delivery.triesMax).map { _ in response(503, retryAfter: "0") }
    try await deliver(["a", "b"], to: receiver) { delivery in
      let before = delivery.lost
      delivery.wake()
      await self.until { receiver.bodies.last == "b" }
      #expect(receiver.bodies.count == Delivery.triesMax + 1)
      #expect(delivery.lost == before + 1)
    }
  }

  @Test func aRefusalIsNotRepeated() async throws {
    let receiver = Receiver()
    receiver.answers = [HTTPResponse(status: 400)]
    try await deliver(["a", "b"], to: receiver) { delivery in
      let before = delivery.lost
      delivery.wake()
      await self.until { receiver.bodies.count == 2 }
      #expect(receiver.bodies == ["a", "b"] && delivery.lost == before + 1)
    }
  }

  @Test func whoWantsNothingGetsNothingEvenAtTheEnd() async throws {
    let receiver = Receiver()
    receiver.answers = [response(429, retryAfter: "60")]
    try await deliver(["a", "b", "c"], to: receiver) { delivery in
      let before = delivery.lost
      delivery.wake()
      await self.until { receiver.bodies.count == 1 }
      await EventLoop.shared.pause(for: .milliseconds(20))
      await delivery.end(by: .after(.seconds(2)))
      #expect(receiver.bodies == ["a"] && delivery.lost == before + 3)
    }
  }

  @Test func theEndBringsWhatIsLeft() async throws {
    let receiver = Receiver()
    try await deliver(["a", "b"], to: receiver) { delivery in
      await delivery.end(by: .after(.seconds(2)))
      #expect(receiver.bodies == ["a", "b"])
    }
  }

  @Test func theEndWaitsForNobodyLongerThanItMay() async throws {
    let receiver = Receiver()
    receiver.hangs = true
    try await deliver(["a", "b"], to: receiver) { delivery in
      let before = delivery.lost
      delivery.wake()
      await self.until { receiver.bodies.count == 1 }
      let start = ContinuousClock.now
      await delivery.end(by: .after(.milliseconds(100)))
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(delivery.lost == before + 2)
    }
  }
}
