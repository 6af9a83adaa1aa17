import Wire

/// Where errors go: `https://KEY@host[:port][/path]/PROJECT`.
/// <https://develop.sentry.dev/sdk/foundations/transport/authentication/>
public nonisolated struct SentryDSN: Sendable {
  /// What is wrong with a DSN; never the text itself.
  public struct Fault: Error, Equatable {
    public let text: String
  }

  /// `https://host/api/PROJECT/envelope/`.
  public let envelopeURL: String
  private let key: Secret
  private let secret: Secret?

  private static let bytesMax = 1_024

  public init(parsing text: String) throws(Fault) {
    guard text.utf8.count <= Self.bytesMax, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Fault(text: "has characters that no DSN has, or too many")
    }
    guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }) else {
      throw Fault(text: "must begin with https:// or http://")
    }
    let rest = text.dropFirst(scheme.count + 3)
    guard !rest.contains("?"), !rest.contains("#") else {
      throw Fault(text: "has no query")
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    let place = parts[0].split(separator: "@", omittingEmptySubsequences: false)
    guard place.count == 2 else { throw Fault(text: "has no key before an @") }
    let keys = place[0].split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(keys.count), keys.allSatisfy(Self.isWord) else {
      throw Fault(text: "has no key of letters and digits")
    }
    guard Self.isPlace(place[1]) else { throw Fault(text: "has no host") }
    guard parts.count > 1, let project = parts.last, !project.isEmpty,
      project.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw Fault(text: "has no project's number at its end") }
    let path = parts.dropFirst().dropLast()
    guard path.allSatisfy({ Self.isWord($0) && !$0.hasPrefix(".") }) else {
      throw Fault(text: "has a malformed path")
    }
    let folder = path.map { "/" + $0 }.joined()
    envelopeURL = "\(scheme)://\(place[1])\(folder)/api/\(project)/envelope/"
    key = Secret(String(keys[0]))
    secret = keys.count == 2 ? Secret(String(keys[1])) : nil
  }

  /// The value of `X-Sentry-Auth`.
  func authorization(client: String) -> String {
    let text = "Sentry sentry_version=7, sentry_client=\(client), sentry_key=\(key.reveal())"
    return secret.map { "\(text), sentry_secret=\($0.reveal())" } ?? text
  }

  private static func isWord(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  /// `host`, `host:port`, `[IPv6]:port`.
  private static func isPlace(_ text: Substring) -> Bool {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }), !host.isEmpty else {
        return false
      }
    } else {
      host = text.prefix { $0 != ":" }
      rest = text.dropFirst(host.count)
      guard isWord(host) else { return false }
    }
    return rest.isEmpty || rest.hasPrefix(":") && (UInt16(rest.dropFirst()) ?? 0) > 0
  }
}
