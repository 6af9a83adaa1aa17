import Testing

@testable import protogen

/// One test for each reason to refuse a contract, with the neighbour that is taken.
struct RefusalTests {
  private func expectRefusal(
    _ body: String, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let refusal = try ProtoCompiler.refusal(body)
    #expect(
      refusal?.contains(part) == true, "\(refusal ?? "taken")", sourceLocation: sourceLocation)
  }

  private func expectTaken(
    _ body: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let refusal = try ProtoCompiler.refusal(body)
    #expect(refusal == nil, sourceLocation: sourceLocation)
  }

  // MARK: Recursion

  @Test func recursionWithoutDepth() throws {
    try expectRefusal("message A { repeated A a = 1; }", "contains itself")
    try expectRefusal("message A { B b = 1; } message B { repeated A a = 1; }", "contains itself")
    try expectRefusal("message A { map<string, A> a = 1; }", "contains itself")
    try expectTaken("message A { repeated A a = 1 [(focal.http.rules) = { depth: 8 }]; }")
    try expectTaken(
      "message A { B b = 1; } message B { repeated A a = 1 [(focal.http.rules) = { depth: 1 }]; }")
  }

  @Test func depthOutOfBoundsOrWithoutRecursion() throws {
    try expectRefusal(
      "message A { repeated A a = 1 [(focal.http.rules) = { depth: 9 }]; }", "1 to 8")
    try expectRefusal(
      "message A { repeated A a = 1 [(focal.http.rules) = { depth: 0 }]; }", "1 to 8")
    try expectRefusal(
      "message A { A a = 1 [(focal.http.rules) = { depth: 3 }]; }", "only a repeated")
    try expectRefusal(
      "message A { repeated B b = 1 [(focal.http.rules) = { depth: 3 }]; } message B {}",
      "only a repeated")
    // One of two ways back declares none.
    try expectRefusal(
      "message A { repeated A a = 1 [(focal.http.rules) = { depth: 3 }]; repeated A b = 2; }",
      "contains itself")
  }

  // MARK: JSON of messages

  @Test func jsonOfWhatIsNoMessage() throws {
    let message = "message A { string a = 1 [(focal.http.rules) = { json_of: \"B\" }]; }"
    try expectRefusal(message, ".B is unknown")
    try expectTaken(message + " message B {}")
    try expectRefusal(
      "message A { bytes a = 1 [(focal.http.rules) = { json_of: \"A\" }]; }", "only a string")
    try expectRefusal(
      "message A { string a = 1 [(focal.http.rules) = { json: true json_of: \"A\" }]; }",
      "exclude each other")
  }

  // MARK: Messages and names

  @Test func moreThan64Fields() throws {
    func message(_ count: Int) -> String {
      "message A { " + (1...count).map { "int32 f\($0) = \($0);" }.joined() + " }"
    }
    try expectTaken(message(64))
    try expectRefusal(message(65), "more than 64 fields")
  }

  @Test func sameTypeNameInTwoPackages() throws {
    let files = [
      "focal/one.proto": ProtoCompiler.file("message A {}", package: "focal.one.v1"),
      "focal/two.proto": ProtoCompiler.file("message A {}", package: "focal.two.v1"),
    ]
    #expect(try ProtoCompiler.refusal(files)?.contains("would both be A in Swift") == true)
  }

  @Test func typeNamesThatSwiftOrAServiceTakes() throws {
    try expectRefusal("message Message {}", "is taken in Swift")
    try expectRefusal("message Task {}", "is taken in Swift")
    try expectRefusal("enum Secret { SECRET_UNSPECIFIED = 0; }", "is taken in Swift")
    try expectRefusal(
      "message EchoClient {} message E {} service Echo { rpc A(E) returns (E); }",
      "would both be EchoClient")
    try expectRefusal("message A { message B {} } message AB {}", "would both be AB")
  }

  @Test func fieldNamesThatClash() throws {
    try expectRefusal("message A { bytes bytes = 1; }", "is taken in Swift")
    try expectRefusal("message A { string userId = 1; }", "lower_snake_case")
    try expectRefusal("message A { string a_b = 1; oneof a__b { string d = 2; } }", "the same name")
    try expectRefusal(
      "message A { string a = 1; string b = 2 [(focal.http.rules) = { also: \"a\" }]; }",
      "in JSON a is a already")
    try expectRefusal(
      "message A { string a_b = 1; string b = 2 [(focal.http.rules) = { also: \"aB\" }]; }",
      "in JSON aB is a_b already")
  }

  @Test func otherSyntaxesAndPackages() throws {
    #expect(
      try ProtoCompiler.refusal([
        "focal/test.proto": "syntax = \"proto2\"; package focal.test.v1; message A {}"
      ])?.contains("proto3") == true)
    for package in ["focal.test", "other.test.v1", "focal.test.one"] {
      let refusal = try ProtoCompiler.refusal([
        "focal/test.proto": ProtoCompiler.file("message A {}", package: package)
      ])
      #expect(refusal?.contains("focal.NAME.vN") == true, "\(package)")
    }
  }

  @Test func typesFromElsewhere() throws {
    let refusal = try ProtoCompiler.refusal([
      "focal/test.proto": """
      syntax = "proto3";
      package focal.test.v1;
      import "google/protobuf/descriptor.proto";
      message A { google.protobuf.FileOptions a = 1; }
      """
    ])
    #expect(refusal?.contains("is unknown") == true)
  }

  @Test func mapsWithOtherKeysThanStrings() throws {
    try expectRefusal("message A { map<int32, string> a = 1; }", "keys have to be strings")
    try expectTaken("message A { map<string, int32> a = 1; }")
  }

  @Test func streams() throws {
    try expectRefusal(
      "message A {} service S { rpc M(A) returns (stream A); }", "streaming is not supported")
    try expectRefusal(
      "message A {} service S { rpc M(stream A) returns (A); }", "streaming is not supported")
  }

  @Test func twoMethodsWithOneID() throws {
    var ids: [UInt32: String] = [:]
    try Checks.claim(1, "focal.a.v1.A/M", &ids)
    try Checks.claim(2, "focal.a.v1.A/N", &ids)
    #expect(throws: Refusal.self) { try Checks.claim(1, "focal.b.v1.B/O", &ids) }
  }

  // MARK: Enums

  @Test func enumsWithoutUnspecifiedOrPrefix() throws {
    try expectRefusal("enum A { A_ONE = 0; }", "A_UNSPECIFIED = 0")
    try expectRefusal("enum A { UNSPECIFIED = 0; }", "A_UNSPECIFIED = 0")
    try expectRefusal("enum A { A_UNSPECIFIED = 0; ONE = 1; }", "does not begin with A_")
    try expectRefusal("enum A { A_UNSPECIFIED = 0; A_ONE = -1; }", "negative")
    try expectRefusal(
      "enum A { option allow_alias = true; A_UNSPECIFIED = 0; A_ONE = 1; A_TWO = 1; }",
      "not its own")
    try expectRefusal("enum A { A_UNSPECIFIED = 0; A_1 = 1; }", "no Swift name")
    try expectTaken("enum RPCKind { RPC_KIND_UNSPECIFIED = 0; RPC_KIND_LONG_NAME = 1; }")
  }

  // MARK: Rules

  @Test(arguments: [
    ("int32 a", "min_len: 1", "have a length"),
    ("string a", "min_len: 3 max_len: 2", "contradict"),
    ("string a", "min_len: -1", "contradict"),
    ("string a", "min: 1", "only numbers have bounds"),
    ("int64 a", "min: 1 format: TIMESTAMP", "only numbers have bounds"),
    ("int32 a", "min: 3 max: 2", "contradict"),
    ("int32 a", "min: 1 exclusive_min: 1", "exclude each other"),
    ("int32 a", "max: 1.5", "no bound"),
    ("double a", "max: inf", "no bound"),
    ("string a", "max_items: 2", "only a list"),
    ("repeated string a", "min_items: 3 max_items: 2", "contradict"),
    ("string a", "format: TIMESTAMP", "is for int64"),
    ("int64 a", "format: UUID", "is for string"),
    ("int32 a", "format: TIMESTAMP", "is for int64"),
    ("int32 a", "pattern: \"a\"", "only strings have a pattern"),
    ("string a", "pattern: \"(\"", "does not compile"),
    ("bytes a", "secret: true", "only strings can be secret"),
    ("string a", "nullable: true", "only an optional field"),
    ("repeated string a", "nullable: true", "only an optional field"),
    ("string a", "also: \"a b\"", "is no name"),
    ("string a", "also: \"\"", "is no name"),
    ("int32 a", "json: true", "only a string can be JSON"),
    ("repeated string a", "json: true", "only a string can be JSON"),
    ("string a", "json: true secret: true", "no other rules"),
    ("string a", "json: true format: UUID", "no other rules"),
    ("string a", "json: true min_len: 1", "no other rules"),
  ])
  func rulesThatDoNotFitTheField(_ field: String, _ rules: String, _ part: String) throws {
    try expectRefusal("message A { \(field) = 1 [(focal.http.rules) = { \(rules) }]; }", part)
  }

  @Test func aRequiredMemberOfAOneof() throws {
    try expectRefusal(
      "message A { oneof o { string a = 1 [(focal.http.rules) = { required: true }]; } }",
      "oneof cannot be required")
  }

  @Test(arguments: [
    ("string a", "required: true min_len: 0 max_len: 0 secret: true pattern: \"[a-z]*\""),
    ("optional int64 a", "nullable: true format: TIMESTAMP also: \"b\" also: \"cD\""),
    ("repeated double a", "min: -1.5 max: -1.5 max_items: 0"),
    ("optional string a", "json: true nullable: true required: true max_len: 9"),
    ("bytes a", "max_len: 5"), ("optional double a", "exclusive_min: 0 max: 1"),
  ])
  func rulesThatFit(_ field: String, _ rules: String) throws {
    try expectTaken("message A { \(field) = 1 [(focal.http.rules) = { \(rules) }]; }")
  }
}
