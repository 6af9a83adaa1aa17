import Testing

@testable import protogen

/// Routes that are refused.
struct RouteRefusalTests {
  /// One method with this route; `In` and `Out` have a field of each kind that matters.
  private func refusal(_ route: String, and second: String? = nil) throws -> String? {
    try ProtoCompiler.refusal(
      """
      message Part { string x = 1; }
      message In {
        string id = 1;
        repeated string list = 2;
        int32 number = 3;
        oneof choice { string one = 4; }
      }
      message WithPart {
        string id = 1;
        Part part = 2;
        bytes data = 3;
        map<string, string> map = 4;
      }
      message WithSecret { string token = 1 [(focal.http.rules) = { secret: true }]; }
      message Raw { bytes data = 1; string type = 2; }
      message Written { string value = 1 [(focal.http.rules) = { json_of: "WithJSON" }]; }
      message WithJSON { string value = 1 [(focal.http.rules) = { json: true }]; }
      message Out {
        string token = 1;
        int64 seconds = 2;
        repeated string list = 3;
        bytes data = 4;
      }
      service S {
        rpc M(\(inputs(route))) returns (Out) { option (focal.http.route) = { \(route) }; }
        \(second.map { "rpc N(In) returns (Out) { option (focal.http.route) = { \($0) }; }" } ?? "")
      }
      """)
  }

  private func inputs(_ route: String) -> String {
    if route.contains("/raw") { return "Raw" }
    if route.contains("/written") { return "Written" }
    if route.contains("/json") { return "WithJSON" }
    return route.contains("part") || route.contains("{data}") || route.contains("{map}")
      ? "WithPart" : route.contains("secret") || route.contains("{token}") ? "WithSecret" : "In"
  }

  @Test(arguments: [
    ("rate: \"x\"", "exactly one of"),
    ("get: \"/a\" post: \"/a\"", "exactly one of"),
    ("get: \"/a\" also: { auth: NONE }", "exactly one of"),
    ("get: \"/a\" also: { get: \"/b\" also: { get: \"/c\" } }", "has no aliases"),
    ("get: \"a\"", "is no path"), ("get: \"\"", "is no path"), ("get: \"/\"", "is no path"),
    ("get: \"/a/\"", "is no path"), ("get: \"/a//b\"", "is no path"),
    ("get: \"/a?b\"", "is no path"), ("get: \"/a b\"", "is no path"),
    ("get: \"/é\"", "is no path"), ("get: \"/{id\"", "is no path"),
    ("get: \"/x{id}\"", "is no path"),
    ("get: \"/{}\"", "is no path"), ("get: \"/{id}/{id}\"", "has a variable twice"),
    ("get: \"/a\" status: 404", "no status of success"),
    ("get: \"/a/{nothing}\"", "{nothing} is no field"),
    ("get: \"/a\" also: { get: \"/b/{nothing}\" }", "{nothing} is no field"),
    ("post: \"/a/{list}\"", "no field that a path can hold"),
    ("post: \"/a/{one}\"", "no field that a path can hold"),
    ("post: \"/a/{part}\"", "no field that a path can hold"),
    ("post: \"/a/{data}\"", "no field that a path can hold"),
    ("post: \"/a/{map}\"", "no field that a path can hold"),
    ("post: \"/a/{token}\"", "shows the secret"),
    ("get: \"/a/part\"", "a GET has no body"),
    ("get: \"/a/secret\"", "a query shows the secret"),
    ("post: \"/a\" names: \"b\"", "is not NAME=FIELD"),
    ("post: \"/a\" names: \"b=c=d\"", "is not NAME=FIELD"),
    ("post: \"/a\" names: \"=token\"", "is not NAME=FIELD"),
    ("post: \"/a\" names: \"b=nothing\"", "nothing is no field"),
    ("post: \"/a\" names: \"seconds=token\"", "has a field seconds already"),
    ("post: \"/a\" names: \"b=token\" names: \"b=seconds\"", "has a field b already"),
    ("post: \"/a\" cookie: { set: \"nothing\" }", "nothing is no string"),
    ("post: \"/a\" cookie: { set: \"seconds\" }", "seconds is no string"),
    ("post: \"/a\" cookie: { set: \"list\" }", "list is no string"),
    ("post: \"/a\" cookie: { set: \"token\" max_age: \"nothing\" }", "nothing is no integer"),
    ("post: \"/a\" cookie: { set: \"token\" max_age: \"token\" }", "token is no integer"),
    ("post: \"/a\" cookie: { clear: true max_age: \"seconds\" }", "seconds is no integer"),
    ("post: \"/a\" cookie: { set: \"token\" clear: true }", "either set or cleared"),
    ("post: \"/a\" cookie: {}", "either set or cleared"),
    ("post: \"/a\" cookie: { clear: true name: \"a b\" }", "no name of a cookie"),
    (
      "get: \"/a/raw\" upload: { field: \"data\" type: \"type\" types: \"a/b\" }", "uploads nothing"
    ),
    ("put: \"/a/raw\" upload: { field: \"type\" type: \"type\" types: \"a/b\" }", "no plain bytes"),
    (
      "put: \"/a/raw\" upload: { field: \"data\" type: \"data\" types: \"a/b\" }", "no plain string"
    ),
    ("put: \"/a/raw\" upload: { field: \"data\" type: \"type\" }", "has no media type"),
    (
      "put: \"/a/raw\" upload: { field: \"data\" type: \"type\" types: \"A/b\" }",
      "is no media type"
    ),
    ("put: \"/a/raw\" upload: { field: \"data\" type: \"type\" types: \"a\" }", "is no media type"),
    (
      "put: \"/a/raw\" upload: { field: \"data\" type: \"type\" types: \"a/b\" max_bytes: 2097153 }",
      "max_bytes has to be"
    ),
    (
      "put: \"/a/raw/{type}\" upload: { field: \"data\" type: \"type\" types: \"a/b\" }",
      "stands in the path"
    ),
    (
      "put: \"/a/part\" upload: { field: \"data\" type: \"id\" types: \"a/b\" }",
      "nothing holds part"
    ),
    ("get: \"/a\" download: { field: \"token\" type: \"token\" types: \"a/b\" }", "no plain bytes"),
    (
      "get: \"/a\" download: { field: \"data\" type: \"seconds\" types: \"a/b\" }",
      "no plain string"
    ),
    (
      "get: \"/a\" status: 204 download: { field: \"data\" type: \"token\" types: \"a/b\" }",
      "has a body"
    ),
    (
      "get: \"/a\" names: \"b=token\" download: { field: \"data\" type: \"token\" types: \"a/b\" }",
      "no further names"
    ),
    ("post: \"/a/written\"", "by answers only"),
    ("get: \"/a/json\"", "no query holds"),
    ("post: \"/a/json/{value}\"", "no path holds"),
  ])
  func routesThatCannotBeServed(_ route: String, _ part: String) throws {
    let refusal = try refusal(route)
    #expect(refusal?.contains(part) == true, "\(refusal ?? "taken")")
  }

  @Test(arguments: [
    ("get: \"/a\"", "get: \"/a\""),
    ("get: \"/a/{id}\"", "get: \"/a/{number}\""),
    ("get: \"/a\"", "get: \"/b\" also: { get: \"/a\" }"),
    ("get: \"/c\" also: { get: \"/a\" }", "get: \"/b\" also: { get: \"/a\" }"),
    ("get: \"/api/v1/a\"", "get: \"/b\" also: { get: \"/v1/a\" }"),
  ])
  func routesThatCannotBeTold(_ one: String, _ other: String) throws {
    let refusal = try refusal(one, and: other)
    #expect(refusal?.contains("have the same route") == true, "\(refusal ?? "taken")")
  }

  @Test func anAliasOfItself() throws {
    #expect(try refusal("get: \"/a\" also: { get: \"/a\" }")?.contains("the same route") == true)
  }

  @Test(arguments: [
    ("get: \"/a/{id}\" rate: \"a class nobody knows\"", "post: \"/a/{id}\""),
    ("get: \"/a/{id}\"", "get: \"/a/b\""),
    (
      "put: \"/a/raw\" upload: { field: \"data\" type: \"type\" types: \"image/svg+xml\" }",
      "get: \"/a\" auth: MODERATOR download: { field: \"data\" type: \"token\" types: \"a/b\" }"
    ),
    ("post: \"/a/json\"", "get: \"/b\""),
    ("delete: \"/a/part\" status: 204", "put: \"/a/part\""),
    ("post: \"/a/secret\" auth: ADMIN client: true", "get: \"/b\" also: { get: \"/a/secret\" }"),
    (
      "post: \"/a\" names: \"b=token\" cookie: { set: \"token\" max_age: \"seconds\" }",
      "get: \"/b\""
    ),
  ])
  func routesThatAreFine(_ one: String, _ other: String) throws {
    #expect(try refusal(one, and: other) == nil)
  }
}
