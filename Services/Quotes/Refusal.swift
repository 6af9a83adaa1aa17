import Wire

/// Why the service refuses a call, in the words that the caller sees.
enum Refusal {
  static let noQuote = RPCError(.notFound, "no_quote", "There is no quote yet.")
  static let unknownQuote = RPCError(.notFound, "not_found", "There is no such quote.")
  static let quoteExists = RPCError(
    .alreadyExists, "quote_exists", "There is a quote of this text already.")
  static let unknownJournal = RPCError(.notFound, "not_found", "There is no such journal.")
  static let final = RPCError(
    .permissionDenied, "final",
    "A journal that is tied to a session is final: it is neither edited nor deleted.")
  static let unknownSession = RPCError(.notFound, "no_session", "There is no such session.")
  static let noAccount = RPCError(.notFound, "no_account", "There is no such account.")
}
