import Foundation
import Testing

@testable import protogen

/// What is generated, as text. That it compiles and works, the tests of Wire show.
struct GeneratorTests {
  private let body = """
    // How it looks.
    enum Color { COLOR_UNSPECIFIED = 0; COLOR_DARK_BLUE = 1; }
    // What is asked.
    //
    // In two paragraphs.
    message AskRequest {
      string user_id = 1 [(focal.http.rules) = { format: UUID }];
      // How many.
      optional int32 limit = 2 [(focal.http.rules) = { min: 1 max: 100 }];
      string password = 3 [(focal.http.rules) = { secret: true min_len: 8 required: true }];
      int64 at = 4 [(focal.http.rules) = { format: TIMESTAMP also: "when" }];
    }
    message Told { string token = 1; Color color = 2; optional string cursor = 3; Told2 inner = 4; }
    message Told2 { repeated int32 numbers = 1 [(focal.http.rules) = { max_items: 3 }]; }
    // Answers.
    service AskingService {
      // Asks once. Twice is no use.
      rpc Ask(AskRequest) returns (Told) {
        option (focal.http.route) = {
          post: "/api/v1/ask/{user_id}" auth: NONE rate: "ask" status: 201 client: true
          also: { post: "/ask/{user_id}" auth: ADMIN names: "key=token" cookie: { set: "token" } }
        };
      }
      rpc Hidden(Told) returns (Told) { option (focal.http.idempotent) = true; }
    }
    """

  private func generated() throws -> [String: String] {
    let set = try ProtoCompiler.descriptorSet(["focal/test.proto": ProtoCompiler.file(body)])
    let files = try Generator.generate(set, cModule: "CTest")
    return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.content) })
  }

  @Test func writesOneSetOfFilesAProto() throws {
    #expect(
      try generated().keys.sorted() == [
        "CMessages/focal/test.pb-c.c", "CMessages/include/CTest.h",
        "CMessages/include/focal/test.pb-c.h", "CMessages/include/module.modulemap",
        "Messages/MethodNames.swift", "Messages/OpenAPIDocument.swift", "Messages/Routes.swift",
        "Messages/Schemas.swift",
        "Messages/TestMessages.swift", "Messages/TestRoutes.swift", "Messages/TestSchemas.swift",
        "Messages/TestService.swift",
        "openapi.json",
      ])
  }

  @Test func knowsAMethodsNameByItsID() throws {
    let files = try generated()
    let names = try #require(files["Messages/MethodNames.swift"])
    let ids = try #require(files["Messages/TestService.swift"])
    let id = try #require(ids.firstMatch(of: /static let ask: UInt32 = (\d+)/)).1
    #expect(names.contains("case \(id): \"focal.test.v1.AskingService/Ask\""))
  }

  @Test func isTheSameEachTime() throws {
    #expect(try generated() == generated())
  }

  @Test func stringsAreCountedBytesInC() throws {
    let header = try #require(try generated()["CMessages/include/focal/test.pb-c.h"])
    #expect(header.contains("ProtobufCBinaryData user_id;"))
    #expect(!header.contains("char *"))
  }

  @Test func secretsHaveTheirOwnType() throws {
    let messages = try #require(try generated()["Messages/TestMessages.swift"])
    #expect(messages.contains("public var password: Secret"))
    #expect(messages.contains("public var userID: String"))
    #expect(messages.contains("/// How many.\n  public var limit: Int32?"))
    #expect(messages.contains("/// What is asked.\n///\n/// In two paragraphs.\n"))
  }

  @Test func routesHoldWhatTheGatewayNeeds() throws {
    let set = try ProtoCompiler.contract(body)
    let routes = set.services[0].methods[0].routes
    #expect(routes.map(\.isAlias) == [false, true])
    #expect(routes.map(\.auth) == [.none, .admin])
    #expect(routes.map(\.rateClass) == ["ask", "ask"])
    #expect(routes.map(\.status) == [201, 201])
    #expect(routes.map(\.passesClient) == [true, true])
    #expect(routes.map(\.names) == [[], ["key=token"]])
    #expect(routes.map { $0.cookie?.set } == [nil, "token"])
    #expect(routes[1].cookie?.name == "token")
    let text = try #require(try generated()["Messages/TestRoutes.swift"])
    #expect(text.contains("pathFields: [0]"))
    #expect(text.contains("names: [.init(\"key\", field: 0)]"))
  }

  @Test func defaultsFollowTheVerb() throws {
    let contract = try ProtoCompiler.contract(
      """
      message A {}
      service S {
        rpc M(A) returns (A) { option (focal.http.route) = { get: "/a" }; }
        rpc N(A) returns (A) { option (focal.http.route) = { post: "/a" }; }
      }
      """)
    let methods = contract.services[0].methods
    #expect(methods.map(\.isIdempotent) == [true, false])
    #expect(methods.map { $0.routes[0].rateClass } == ["read", "write"])
    #expect(methods.map { $0.routes[0].auth } == [.user, .user])
    #expect(methods.map { $0.routes[0].status } == [200, 200])
  }

  @Test func methodIDsAreFNV1a() throws {
    let contract = try ProtoCompiler.contract(body)
    let service = contract.services[0]
    // FNV-1a of "focal.test.v1.AskingService/Ask", by a different program.
    #expect(service.fullName == "focal.test.v1.AskingService")
    #expect(methodID(service, service.methods[0]) == 0x82ec_4595)
  }

  @Test func openAPIDescribesRoutesAndRules() throws {
    let text = try #require(try generated()["openapi.json"])
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(document["openapi"] as? String == "3.1.0")
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    #expect(Set(paths.keys).isSuperset(of: ["/api/v1/ask/{user_id}", "/ask/{user_id}", "/docs"]))
    let operation = try #require(paths["/api/v1/ask/{user_id}"]?["post"])
    #expect((operation["x-rate-limit"] as? [String: Any])?["class"] as? String == "ask")
    #expect(operation["summary"] as? String == "Asks once")
    #expect((operation["security"] as? [Any])?.isEmpty == true)
    #expect((operation["responses"] as? [String: Any])?["201"] != nil)
    let alias = try #require(paths["/ask/{user_id}"]?["post"])
    #expect(alias["x-alias-of"] as? String == "/api/v1/ask/{user_id}")
    #expect(alias["x-role"] as? String == "admin")
    let components = try #require(document["components"] as? [String: [String: Any]])
    let told = try #require(components["schemas"]?["Told"] as? [String: Any])
    #expect(told["required"] as? [String] == ["token", "color", "inner"])
    #expect(components["schemas"]?["Color"] != nil)
    let body = try #require(
      (operation["requestBody"] as? [String: Any])?["content"] as? [String: [String: Any]])
    let schema = try #require(body["application/json"]?["schema"] as? [String: Any])
    #expect(schema["additionalProperties"] as? Bool == false)
    #expect(schema["required"] as? [String] == ["password"])
    let properties = try #require(schema["properties"] as? [String: [String: Any]])
    // The path's variable is no member of the body.
    #expect(Set(properties.keys) == ["limit", "password", "at"])
    #expect(properties["limit"]?["maximum"] as? Int == 100)
    #expect(properties["at"]?["format"] as? String == "date-time")
    #expect(properties["at"]?["x-aliases"] as? [String] == ["when"])
    #expect(properties["password"]?["minLength"] as? Int == 8)
  }

  @Test func writesOnlyWhatChangesAndRemovesWhatIsGone() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("protogen-write-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func modified(_ path: String) throws -> Date {
      let url = folder.appendingPathComponent(path)
      let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
      return try #require(attributes[.modificationDate] as? Date)
    }
    try Generator.write(
      [("Messages/A.swift", "a"), ("Messages/B.swift", "b")], to: folder.path)
    let before = try modified("Messages/A.swift")
    try Generator.write(
      [("Messages/A.swift", "a"), ("Messages/C.swift", "c")], to: folder.path)
    #expect(try modified("Messages/A.swift") == before)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("Messages").path)
    #expect(left.sorted() == ["A.swift", "C.swift"])
  }
}
