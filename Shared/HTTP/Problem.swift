/// An error as the caller sees it: problem JSON (RFC 9457) with the members of the contract.
nonisolated public struct Problem: Sendable, Hashable {
  public static let contentType = "application/problem+json"

  /// One field that breaks a rule.
  public struct Violation: Sendable, Hashable {
    public var field: String
    public var code: String
    public var message: String

    public init(field: String, code: String, message: String) {
      self.field = field
      self.code = code
      self.message = message
    }
  }

  public var type = "about:blank"
  public var title: String
  public var status: Int
  public var detail: String
  /// The path of the request, where one is known.
  public var instance: String?
  /// The machine's word for the error: `email_taken`.
  public var code: String
  public var requestID: String
  public var errors: [Violation]

  public init(
    status: Int, code: String, detail: String, instance: String? = nil, requestID: String = "",
    errors: [Violation] = [], title: String? = nil
  ) {
    self.status = status
    self.title = title ?? HTTPStatus.phrase(status).description
    self.code = code
    self.detail = detail
    self.instance = instance
    self.requestID = requestID
    self.errors = errors
  }

  /// The problem as JSON. Empty members are left out.
  public func json() -> [UInt8] {
    var writer = ProblemWriter()
    writer.open()
    writer.member("type", type)
    writer.member("title", title)
    writer.member("status", status)
    writer.member("detail", detail)
    if let instance { writer.member("instance", instance) }
    writer.member("code", code)
    if !requestID.isEmpty { writer.member("request_id", requestID) }
    if !errors.isEmpty {
      writer.name("errors")
      writer.bytes.append(UInt8(ascii: "["))
      for (index, violation) in errors.enumerated() {
        if index > 0 { writer.bytes.append(UInt8(ascii: ",")) }
        writer.open()
        writer.member("field", violation.field)
        writer.member("code", violation.code)
        writer.member("message", violation.message)
        writer.close()
      }
      writer.bytes.append(UInt8(ascii: "]"))
    }
    writer.close()
    return writer.bytes
  }
}

/// As much of a JSON writer as a problem needs: members of text and numbers.
nonisolated private struct ProblemWriter {
  var bytes: [UInt8] = []
  private var isFirst = true

  init() { bytes.reserveCapacity(256) }

  mutating func open() {
    bytes.append(UInt8(ascii: "{"))
    isFirst = true
  }

  mutating func close() {
    bytes.append(UInt8(ascii: "}"))
    isFirst = false
  }

  mutating func name(_ name: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    text(name)
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func member(_ name: String, _ value: String) {
    self.name(name)
    text(value)
  }

  mutating func member(_ name: String, _ value: Int) {
    self.name(name)
    bytes.append(contentsOf: String(value).utf8)
  }

  private mutating func text(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
        bytes.append(Array("0123456789abcdef".utf8)[Int(byte & 0x0F)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
