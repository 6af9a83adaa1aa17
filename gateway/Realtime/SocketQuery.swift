import Wire

/// What the query of a socket's request says.
nonisolated struct SocketQuery: Equatable {
  /// The number of the message that the client got last.
  var since: Int64?
  var ticket: Secret?

  private static let sinceMax: Int64 = (1 << 53) - 1
  private static let ticketBytesMax = 64

  /// Throws 400 for what it does not know, what comes twice, and what is no number.
  init(_ query: UnsafeRawBufferPointer?) throws(RPCError) {
    let text = query.map { String(decoding: $0, as: UTF8.self) } ?? ""
    for part in text.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = pair.count == 2 ? String(pair[1]) : ""
      switch pair[0] {
      case "since" where since == nil:
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(value),
          number <= Self.sinceMax
        else { throw Self.malformed("since", "is the `seq` of a message") }
        since = number
      case "ticket" where ticket == nil:
        guard (1...Self.ticketBytesMax).contains(value.utf8.count) else {
          throw Self.malformed("ticket", "is no ticket")
        }
        ticket = Secret(value)
      default: throw Self.malformed(String(pair[0]), "is not taken here, or comes twice")
      }
    }
  }

  private static func malformed(_ field: String, _ message: String) -> RPCError {
    RPCError(
      .invalidArgument, "malformed", "\(field) \(message)",
      violations: [FieldViolation(field: field, code: "malformed", message: message)])
  }
}
