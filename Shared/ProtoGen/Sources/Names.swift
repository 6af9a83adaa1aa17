/// Names, as Swift and protobuf-c write them.
enum Names {
  /// The last part of a full name.
  static func short(_ fullName: String) -> String {
    String(fullName.split(separator: ".").last ?? "")
  }

  /// `focal.auth.v1.User.Address` as `UserAddress`: what is nested loses its dot.
  static func type(_ fullName: String) -> String {
    fullName.split(separator: ".").filter { $0.first?.isUppercase == true }.joined()
  }

  /// `focal.auth.v1` as `auth`: the name of the service's process.
  static func service(ofPackage package: String) -> String {
    let parts = package.split(separator: ".")
    return parts.count > 1 ? String(parts[1]) : package
  }

  /// `AuthService` and `Auth` as `Auth`.
  static func service(_ fullName: String) -> String {
    let name = short(fullName)
    return name.hasSuffix("Service") ? String(name.dropLast(7)) : name
  }

  private static let acronyms = ["id": "ID", "ids": "IDs", "url": "URL", "ip": "IP"]

  /// `user_id` as `userID`.
  static func property(_ name: String) -> String {
    let parts = name.lowercased().split(separator: "_").map(String.init)
    guard let first = parts.first else { return name }
    return first
      + parts.dropFirst().map { acronyms[$0] ?? $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined()
  }

  /// A property's or case's name where it is declared or used.
  static func escaped(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }

  static func lowerFirst(_ name: String) -> String {
    name.prefix(1).lowercased() + name.dropFirst()
  }

  static func upperFirst(_ name: String) -> String {
    name.prefix(1).uppercased() + name.dropFirst()
  }

  /// `SessionType` as `session_type`, `RPCRole` as `rpc_role`.
  static func snake(_ name: String) -> String {
    let letters = Array(name)
    var result = ""
    for (index, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase && index > 0
        && (!letters[index - 1].isUppercase
          || (index + 1 < letters.count && letters[index + 1].isLowercase))
      if startsWord { result += "_" }
      result += letter.lowercased()
    }
    return result
  }

  /// `SESSION_TYPE_`, which the values' names begin with.
  static func prefix(of type: EnumType) -> String { snake(short(type.fullName)).uppercased() + "_" }

  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
    "operator", "private", "protocol", "public", "repeat", "rethrows", "return", "static",
    "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias",
    "var", "where", "while",
  ]
}

/// Names in the code that protoc-gen-c writes.
enum CNames {
  /// `focal.auth.v1.LoginRequest` as `Focal__Auth__V1__LoginRequest`.
  static func type(_ fullName: String) -> String {
    fullName.split(separator: ".").map { part in
      part.split(separator: "_").map { Names.upperFirst(String($0)) }.joined()
    }.joined(separator: "__")
  }

  /// `focal.auth.v1.LoginRequest` as `focal__auth__v1__login_request`.
  static func function(_ fullName: String) -> String {
    fullName.split(separator: ".").map { lower(String($0)) }.joined(separator: "__")
  }

  /// An underscore before a capital that follows no capital: protobuf-c's own rule.
  private static func lower(_ name: String) -> String {
    var result = ""
    var wasUpper = true
    for letter in name {
      if letter.isUppercase, !wasUpper { result += "_" }
      wasUpper = letter.isUppercase
      result += letter.lowercased()
    }
    return result
  }

  static func field(_ name: String) -> String {
    let name = name.lowercased()
    return keywords.contains(name) ? name + "_" : name
  }

  private static let keywords: Set<String> = [
    "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "class", "compl", "const", "const_cast", "continue", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "extern", "false", "float", "for", "friend",
    "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "not", "not_eq",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch", "template",
    "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
  ]
}

/// The id of a method: FNV-1a of `package.Service/Method`, so that adding methods moves none.
func methodID(_ service: ServiceType, _ method: Method) -> UInt32 {
  "\(service.fullName)/\(method.name)".utf8.reduce(2_166_136_261) {
    ($0 ^ UInt32($1)) &* 16_777_619
  }
}
