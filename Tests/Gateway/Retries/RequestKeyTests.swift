import Testing
import Wire

@testable import Gateway

struct RequestKeyTests {
  private func key(
    _ header: String, subject: String = "ann", pattern: String = "/a", message: [UInt8] = [1]
  ) throws(RPCError) -> RequestKey {
    let route = Route(
      "POST", pattern, service: "x", name: "x/Y", methodID: 1, idempotent: false, input: 0,
      output: 0, auth: .user, rateClass: "write")
    let bytes = Array(header.utf8)
    return try bytes.withUnsafeBytes { buffer -> Result<RequestKey, RPCError> in
      do throws(RPCError) {
        return .success(
          try RequestKey(buffer, subject: subject, route: route, message: message))
      } catch {
        return .failure(error)
      }
    }.get()
  }

  @Test func sameRequestsAreTheSame() throws {
    let (one, other) = (try key("k"), try key("k"))
    #expect(one.id == other.id && one.fingerprint == other.fingerprint)
    #expect(other.box.open(one.box.seal([1, 2])) == [1, 2])
  }

  @Test func keyCallerAndRouteNameARequest() throws {
    let ids = [
      try key("k").id, try key("l").id, try key("k", subject: "bob").id,
      try key("k", pattern: "/b").id,
    ]
    #expect(Set(ids).count == 4)
  }

  @Test func theContentIsNoPartOfTheNameButOfTheSeal() throws {
    let (one, other) = (try key("k", message: [1]), try key("k", message: [2]))
    #expect(one.id == other.id && one.fingerprint != other.fingerprint)
    #expect(other.box.open(one.box.seal([1])) == nil)
  }

  @Test(arguments: ["", " ", "a b", "é", "\u{7f}", String(repeating: "x", count: 256)])
  func otherTextsAreNoKeys(text: String) {
    #expect(throws: Problems.badKey) { try key(text) }
  }

  @Test func theLongestKeyIsTaken() throws {
    _ = try key(String(repeating: "~", count: 255))
  }
}
