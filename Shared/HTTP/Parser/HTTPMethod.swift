/// The request methods that the server takes (RFC 9110, section 9; RFC 5789 for `PATCH`).
///
/// `CONNECT`, `TRACE` and `QUERY` are recognized and refused with 405; any other token is refused with 501.
nonisolated public enum HTTPMethod: UInt8, Sendable, CaseIterable {
  case get, head, post, put, patch, delete, options

  /// The method's name as it stands in a request line.
  public var name: StaticString {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .patch: "PATCH"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    }
  }

  /// True for methods that change nothing (RFC 9110, section 9.2.1).
  public var isSafe: Bool { self == .get || self == .head || self == .options }

  /// The value of `Allow` where a method is refused whatever the path.
  static let allNames = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
}

/// What a well-formed method token turned out to be.
nonisolated enum MethodToken: Equatable {
  case known(HTTPMethod)
  case forbidden
  case unknown

  init(_ bytes: UnsafePointer<UInt8>, count: Int) {
    guard count <= 7 else {
      self = .unknown
      return
    }
    var key: UInt64 = 0
    for index in 0..<count { key = key << 8 | UInt64(bytes[index]) }
    switch key {
    case 0x47_45_54: self = .known(.get)
    case 0x48_45_41_44: self = .known(.head)
    case 0x50_4F_53_54: self = .known(.post)
    case 0x50_55_54: self = .known(.put)
    case 0x50_41_54_43_48: self = .known(.patch)
    case 0x44_45_4C_45_54_45: self = .known(.delete)
    case 0x4F_50_54_49_4F_4E_53: self = .known(.options)
    // CONNECT, TRACE, QUERY
    case 0x43_4F_4E_4E_45_43_54, 0x54_52_41_43_45, 0x51_55_45_52_59: self = .forbidden
    default: self = .unknown
    }
  }
}
