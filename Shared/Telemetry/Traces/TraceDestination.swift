import Observability
import Wire

/// Where traces go and how many, by OpenTelemetry's own names of settings.
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
public nonisolated struct TraceDestination: Sendable {
  /// What is wrong with a setting; never the text itself.
  public struct Fault: Error, Equatable {
    public let text: String
  }

  public let url: String
  public let headers: [(name: String, value: String)]
  public let sampler: Sampler
  /// A PEM file of certificates to trust in place of the system's.
  public let authorities: String?

  static let headersMax = 32

  public init(
    url: String, headers: [(name: String, value: String)], sampler: Sampler,
    authorities: String? = nil
  ) {
    self.url = url
    self.headers = headers
    self.sampler = sampler
    self.authorities = authorities
  }

  /// The URL for traces below `OTEL_EXPORTER_OTLP_ENDPOINT`.
  static func url(below endpoint: String) throws(Fault) -> String {
    guard let scheme = ["https://", "http://"].first(where: { endpoint.hasPrefix($0) }) else {
      throw Fault(text: "must begin with https:// or http://")
    }
    let rest = endpoint.dropFirst(scheme.count)
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Fault(text: "a URL has no blanks or characters beyond ASCII")
    }
    guard !rest.contains("?"), !rest.contains("#"), !rest.contains("@") else {
      throw Fault(text: "is a base: without user, query and fragment")
    }
    guard let host = rest.split(separator: "/", omittingEmptySubsequences: false).first,
      !host.isEmpty, !host.hasPrefix(":")
    else { throw Fault(text: "has no host") }
    return endpoint + (endpoint.hasSuffix("/") ? "" : "/") + "v1/traces"
  }

  /// Of `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, values percent-encoded.
  static func headers(_ list: String) throws(Fault) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    for item in list.split(separator: ",") {
      guard let equals = item.firstIndex(of: "=") else {
        throw Fault(text: "has an item without =")
      }
      let name = trimmed(item[..<equals])
      guard !name.isEmpty, name.utf8.allSatisfy(isToken) else {
        throw Fault(text: "has a name that no header has")
      }
      guard let value = String(percentDecoding: trimmed(item[item.index(after: equals)...])),
        value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
      else { throw Fault(text: "has a value that is not percent-encoded") }
      headers.append((String(name), value))
    }
    guard headers.count <= headersMax else { throw Fault(text: "has too many items") }
    return headers
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
