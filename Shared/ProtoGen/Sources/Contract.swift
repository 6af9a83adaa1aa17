/// What the generator knows of the .proto files.
struct Contract {
  var files: [ProtoFile] = []

  var messages: [MessageType] { files.flatMap(\.messages) }
  var enums: [EnumType] { files.flatMap(\.enums) }
  var services: [ServiceType] { files.flatMap(\.services) }
}

struct ProtoFile {
  /// As it is imported: `focal/auth.proto`.
  var path: String
  /// `focal.auth.v1`.
  var package: String
  var syntax: String
  var messages: [MessageType] = []
  var enums: [EnumType] = []
  var services: [ServiceType] = []
}

struct MessageType {
  /// With its package, without a leading dot.
  var fullName: String
  var documentation: String
  var isMapEntry = false
  /// In the order of their numbers.
  var fields: [Field] = []
  /// Real ones, in their order.
  var oneofs: [String] = []
}

struct Field {
  enum Kind: Equatable {
    case string, bytes, bool, int32, uint32, int64, uint64, float, double
    case message(String)
    case enumeration(String)

    var isInteger: Bool { [.int32, .uint32, .int64, .uint64].contains(self) }
    var isNumber: Bool { isInteger || self == .float || self == .double }
  }

  var name: String
  var number: Int32
  var kind: Kind
  var documentation: String
  var isRepeated = false
  /// proto3's `optional`.
  var isOptional = false
  /// The oneof that it is a member of.
  var oneof: String?
  var rules = Rules()

  var hasPresence: Bool { isOptional || oneof != nil }

  /// The field as JSON shows it: another one where it holds the JSON of messages.
  var shown: Field {
    guard let text = rules.jsonOf else { return self }
    var field = self
    field.kind = .message(text.message)
    field.isRepeated = text.isRepeated
    field.rules.jsonOf = nil
    return field
  }
}

enum Format: Int32 {
  case uuid = 1
  case timestamp, date, httpsURL, timezone, email
}

struct Rules {
  var isRequired = false
  var isSecret = false
  var isNullable = false
  var isJSON = false
  /// The message of which the string is the JSON, and whether it is a list of them.
  var jsonOf: (message: String, isRepeated: Bool)?
  var minLength: Int32?
  var maxLength: Int32?
  var minItems: Int32?
  var maxItems: Int32?
  var minimum: Double?
  var exclusiveMinimum: Double?
  var maximum: Double?
  var pattern: String?
  var format: Format?
  var aliases: [String] = []
  var depth: Int32?
}

struct EnumType {
  struct Value {
    var name: String
    var number: Int32
    var documentation: String
  }

  var fullName: String
  var documentation: String
  var values: [Value]
  var isUpperCase = false
}

struct ServiceType {
  var fullName: String
  var documentation: String
  var methods: [Method] = []
}

struct Method {
  var name: String
  var documentation: String
  var input: String
  var output: String
  var isStreaming = false
  var isIdempotent = false
  /// The canonical one first, then the aliases.
  var routes: [RouteType] = []
}

struct RouteType {
  enum Auth: Int32 {
    case user = 1
    case none, admin, moderator, reader
  }

  struct RawBody {
    var field: String
    var type: String
    var types: [String]
    var bytesMax: Int32
  }

  struct Cookie {
    var name: String
    var set: String?
    var maxAge: String?
    var clears: Bool
  }

  /// Verbs and paths, as written; a good route has exactly one.
  var paths: [(verb: String, path: String)]
  var isAlias: Bool
  var auth: Auth
  var rateClass: String
  var status: Int32
  var passesClient: Bool
  var names: [String]
  var cookie: Cookie?
  var upload: RawBody?
  var download: RawBody?
  var hasAliasesOfItsOwn = false

  var verb: String { paths.first?.verb ?? "" }
  var path: String { paths.first?.path ?? "" }
  /// The names in the path's braces.
  var variables: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
  }
}

/// Why the contract is refused.
struct Refusal: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
