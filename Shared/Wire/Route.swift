/// A method of a service at a path of the gateway. Generated: `Routes.all`.
public nonisolated struct Route: Sendable {
  public enum Auth: Sendable {
    case user, none, admin, moderator
    /// As `user`, and a token that may only read is enough, whatever the method.
    case reader
  }

  /// A further name of an answer's field, at this path only.
  public struct FurtherName: Sendable {
    public var name: StaticString
    /// Index into the answer's fields.
    public var field: Int

    public init(_ name: StaticString, field: Int) {
      self.name = name
      self.field = field
    }
  }

  /// A body that is one field of its message, not JSON.
  public struct RawBody: Sendable {
    /// Indices into the message's fields: the body, and its media type.
    public var field: Int
    public var typeField: Int
    /// In lower case, without parameters.
    public var types: [StaticString]
    /// The largest body of a request.
    public var bytesMax: Int

    public init(field: Int, typeField: Int, types: [StaticString], bytesMax: Int) {
      self.field = field
      self.typeField = typeField
      self.types = types
      self.bytesMax = bytesMax
    }
  }

  /// The cookie that an answer sets or clears.
  public struct Cookie: Sendable {
    public enum Action: Sendable {
      /// Indices into the answer's fields: the value, and the seconds it lives.
      case set(field: Int, maxAgeField: Int?)
      case clear
    }
    public var name: String
    public var action: Action

    public init(_ name: String, _ action: Action) {
      self.name = name
      self.action = action
    }
  }

  /// GET, POST, PUT, PATCH or DELETE.
  public var method: String
  /// E.g. `/api/v1/sessions/{id}`.
  public var pattern: String
  /// A seed's path: served under `/api` too.
  public var isAlias: Bool
  /// The service's name, e.g. "auth".
  public var service: String
  /// `focal.auth.v1.Auth/Login`, for logs and metrics.
  public var name: String
  public var methodID: UInt32
  public var idempotent: Bool
  /// Indices into the transcoder's messages.
  public var input: Int
  public var output: Int
  /// Of each variable of the pattern, in its order, the input's field.
  public var pathFields: [Int]
  public var auth: Auth
  public var rateClass: String
  /// The status of success; 204 has no body.
  public var status: Int
  /// The service is told the caller's address and user agent.
  public var passesClient: Bool
  public var names: [FurtherName]
  public var cookie: Cookie?
  /// The request's body, where it is no JSON, and the answer's.
  public var upload: RawBody?
  public var download: RawBody?

  public init(
    _ method: String, _ pattern: String, isAlias: Bool = false, service: String, name: String,
    methodID: UInt32, idempotent: Bool, input: Int, output: Int, pathFields: [Int] = [],
    auth: Auth, rateClass: String, status: Int = 200, passesClient: Bool = false,
    names: [FurtherName] = [], cookie: Cookie? = nil, upload: RawBody? = nil,
    download: RawBody? = nil
  ) {
    self.method = method
    self.pattern = pattern
    self.isAlias = isAlias
    self.service = service
    self.name = name
    self.methodID = methodID
    self.idempotent = idempotent
    self.input = input
    self.output = output
    self.pathFields = pathFields
    self.auth = auth
    self.rateClass = rateClass
    self.status = status
    self.passesClient = passesClient
    self.names = names
    self.cookie = cookie
    self.upload = upload
    self.download = download
  }
}
