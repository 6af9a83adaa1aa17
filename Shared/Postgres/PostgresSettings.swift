import CPostgres
import Wire

/// How connections are made and bounded.
public struct PostgresSettings {
  /// `postgres://user:password@host:port/database?…`, or libpq's `key=value` form.
  public var url: Secret
  public var applicationName: String
  /// The server ends a statement after this time (SQLSTATE 57014).
  public var statementTimeout: Duration = .seconds(10)
  /// How long a connection may take to be made, with TLS and log-in.
  public var connectTimeout: Duration = .seconds(3)
  /// Whether a commit is on disk when it is acknowledged.
  public var durability: Durability = .synchronous

  public init(url: Secret, applicationName: String) {
    self.url = url
    self.applicationName = applicationName
  }

  /// The parameters of PQconnectStartParams, the later ones winning.
  func parameters(host: String, addresses: [String]) -> [(name: String, value: String)] {
    var parameters = [
      ("dbname", url.reveal()),
      ("fallback_application_name", applicationName),
      ("client_encoding", "UTF8"),
      ("options", options),
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "15000"),
      // Never used here, and it costs a second connection.
      ("gssencmode", "disable"),
    ]
    if !addresses.isEmpty {
      // One name for each address: libpq tries them in turn.
      parameters.append(("host", addresses.map { _ in host }.joined(separator: ",")))
      parameters.append(("hostaddr", addresses.joined(separator: ",")))
    }
    return parameters
  }

  private var options: String {
    var options = connectionOption("options").map { $0 + " " } ?? ""
    options += "-c statement_timeout=\(statementTimeout.milliseconds)"
    options += " -c idle_in_transaction_session_timeout=60000 -c TimeZone=UTC -c jit=off"
    if durability == .asynchronous { options += " -c synchronous_commit=off" }
    return options
  }

  /// A parameter that the URL sets, or nil.
  func connectionOption(_ name: String) -> String? {
    guard let parsed = PQconninfoParse(url.reveal(), nil) else { return nil }
    defer { PQconninfoFree(parsed) }
    var option = parsed
    while let keyword = option.pointee.keyword {
      if String(cString: keyword) == name {
        return option.pointee.val.map { String(cString: $0) }
      }
      option += 1
    }
    return nil
  }
}

/// When a commit is acknowledged.
nonisolated public enum Durability: Sendable {
  /// Once it is on disk.
  case synchronous
  /// At once; a crash of the server may lose the last 0.6 s of such commits, in order.
  case asynchronous
}

nonisolated extension Duration {
  var milliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
  var nanoseconds: UInt64 {
    UInt64(clamping: components.seconds).multipliedReportingOverflow(by: 1_000_000_000).partialValue
      &+ UInt64(clamping: components.attoseconds / 1_000_000_000)
  }
}
