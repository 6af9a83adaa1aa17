import Courier
import EventLoop
import EventLoopTesting
import HTTP
import Testing

@Suite struct CourierTests {
  @Test func sendsARequestAndReadsTheAnswer() async throws {
    let seen = Seen()
    try await withServer { request in
      seen.lines.append("\(request.method.name) \(request.pathText) [\(request.bodyText)]")
      seen.type = request.header("content-type")
      return HTTPResponse(
        status: 201, contentType: "text/plain", headers: [("X-Answer", "yes")], body: [1, 2, 3])
    } _: { _, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let answer = try await courier.send(
        OutgoingRequest(
          .post, url + "/a?b=c", headers: [("Content-Type", "application/json")],
          body: Array("{}".utf8)))
      #expect(answer.status == 201)
      #expect(answer.body == [1, 2, 3])
      #expect(answer.header("x-answer") == "yes")
      #expect(!answer.isCut)
    }
    #expect(seen.lines == ["POST /a [{}]"])
    #expect(seen.type == "application/json")
  }

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
  func speaksEveryMethod(name: String) async throws {
    let method = try #require(OutgoingRequest.Method(rawValue: name))
    try await withServer { request in
      .text("\(request.method.name) \(request.bodyText)")
    } _: { _, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let body: [UInt8] = method == .get ? [] : Array("body".utf8)
      let answer = try await courier.send(OutgoingRequest(method, url, body: body))
      let text = String(decoding: answer.body, as: UTF8.self)
      #expect(text == "\(name) \(method == .get ? "" : "body")")
      let empty = try await courier.send(OutgoingRequest(method, url))
      #expect(String(decoding: empty.body, as: UTF8.self) == "\(name) ")
    }
  }

  @Test func keepsAConnectionForTheNextCall() async throws {
    try await withServer { _ in
      .text("hello")
    } _: { server, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      for _ in 0..<10 { _ = try await courier.send(OutgoingRequest(.get, url)) }
      #expect(server.listeners[0].accepted == 1)
    }
  }

  @Test func carriesLargeBodiesBothWays() async throws {
    let body = [UInt8](repeating: 7, count: 3 << 20)
    try await withServer { request in
      HTTPResponse(contentType: "text/plain", body: Array(request.body))
    } _: { _, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let answer = try await courier.send(
        OutgoingRequest(.put, url, body: body, bodyBytesMax: 4 << 20))
      let isSame = answer.body == body
      #expect(isSame)
    }
  }

  @Test func refusesOrCutsAnAnswerThatIsTooLarge() async throws {
    try await withServer { _ in
      HTTPResponse(contentType: "text/plain", body: [UInt8](repeating: 7, count: 100_000))
    } _: { _, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      var request = OutgoingRequest(.get, url, bodyBytesMax: 1_000)
      let kind = await failure(courier, request)
      #expect(kind == .tooLarge)
      request.cutsBody = true
      let answer = try await courier.send(request)
      #expect(answer.status == 200)
      #expect(answer.body.count == 1_000)
      #expect(answer.isCut)
    }
  }

  @Test func doesNotFollowRedirects() async throws {
    try await withServer { _ in
      HTTPResponse(status: 302, headers: [("Location", "/elsewhere")])
    } _: { server, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let answer = try await courier.send(OutgoingRequest(.get, url))
      #expect(answer.status == 302)
      #expect(server.counts.requests == 1)
    }
  }

  @Test func endsACallThatTakesTooLong() async throws {
    let gate = Gate()
    try await withServer { _ in
      await gate.pass()
      return .text("late")
    } _: { _, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let kind = await failure(
        courier, OutgoingRequest(.get, url, timeLimit: .milliseconds(100)))
      #expect(kind == .timedOut)
      #expect(courier.transfers == 0)
      gate.open()
    }
  }

  @Test func aCancelledTaskClosesTheConnection() async throws {
    let gate = Gate()
    try await withServer { _ in
      await gate.pass()
      return .text("late")
    } _: { server, url in
      let courier = Courier(name: "test")
      defer { courier.close() }
      let call = Task { await failure(courier, OutgoingRequest(.get, url)) }
      await gate.arrived(1)
      call.cancel()
      let kind = await call.value
      #expect(kind == .cancelled)
      #expect(courier.transfers == 0)
      gate.open()
      while server.listeners[0].openConnections > 0 { await Task.yield() }
    }
  }

  @Test func boundsTheCallsUnderWayAndThoseThatWait() async throws {
    let gate = Gate()
    try await withServer { request in
      await gate.pass()
      return .text("done")
    } _: { _, url in
      let courier = Courier(name: "test", transfersMax: 2, queueMax: 3)
      defer { courier.close() }
      let calls = (0..<5).map { _ in
        Task { await failure(courier, OutgoingRequest(.get, url)) }
      }
      await gate.arrived(2)
      let surplus = await failure(courier, OutgoingRequest(.get, url))
      #expect(surplus == .overloaded)
      #expect(courier.transfers == 2)
      calls[4].cancel()
      let cancelled = await calls[4].value
      #expect(cancelled == .cancelled)
      gate.open()
      for call in calls[..<4] {
        let kind = await call.value
        #expect(kind == nil)
      }
      #expect(gate.arrivals == 4)
    }
  }

  @Test func waitingForAPlaceCountsAsWaiting() async throws {
    let gate = Gate()
    try await withServer { _ in
      await gate.pass()
      return .text("done")
    } _: { _, url in
      let courier = Courier(name: "test", transfersMax: 1)
      defer { courier.close() }
      let first = Task { await failure(courier, OutgoingRequest(.get, url)) }
      await gate.arrived(1)
      let second = await failure(
        courier, OutgoingRequest(.get, url, timeLimit: .milliseconds(50)))
      #expect(second == .timedOut)
      gate.open()
      let kind = await first.value
      #expect(kind == nil)
    }
  }

  @Test func closingEndsWhatIsUnderWay() async throws {
    let gate = Gate()
    try await withServer { _ in
      await gate.pass()
      return .text("done")
    } _: { _, url in
      let courier = Courier(name: "test", transfersMax: 1)
      let calls = (0..<2).map { _ in
        Task { await failure(courier, OutgoingRequest(.get, url)) }
      }
      await gate.arrived(1)
      courier.close()
      for call in calls {
        let kind = await call.value
        #expect(kind == .closed)
      }
      let late = await failure(courier, OutgoingRequest(.get, url))
      #expect(late == .closed)
      gate.open()
    }
  }

  @Test func saysWhatWentWrong() async throws {
    try await onLoop {
      let courier = Courier(name: "test")
      defer { courier.close() }
      let expected: [(String, CourierError.Kind)] = [
        ("http://127.0.0.1:1/", .unreachable), ("ftp://127.0.0.1/", .invalid),
        ("file:///etc/passwd", .invalid), ("http://127.0.0.1:1/\r\nX: y", .invalid),
        ("http://name.invalid/", .unresolved), ("http://", .invalid),
      ]
      for (url, kind) in expected {
        let met = await failure(courier, OutgoingRequest(.get, url))
        #expect(met == kind, "\(url)")
      }
      let header = await failure(
        courier, OutgoingRequest(.get, "http://127.0.0.1:1/", headers: [("X", "a\r\nY: b")]))
      #expect(header == .invalid)
    }
  }

  @Test func manyCallsAtOnceAllEnd() async throws {
    try await withServer { request in
      .text(request.pathText)
    } _: { _, url in
      let courier = Courier(name: "test", transfersMax: 8, queueMax: 300)
      defer { courier.close() }
      let calls = (0..<300).map { number in
        Task { try await courier.send(OutgoingRequest(.get, "\(url)/\(number)")).body }
      }
      for (number, call) in calls.enumerated() {
        let body = try await call.value
        #expect(String(decoding: body, as: UTF8.self) == "/\(number)")
      }
      #expect(courier.transfers == 0)
    }
  }
}

/// What the server saw.
final class Seen {
  var lines: [String] = []
  var type: String?
}
