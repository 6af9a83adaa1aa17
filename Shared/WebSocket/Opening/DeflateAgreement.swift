/// What is agreed on compression (RFC 7692, section 7). Neither side keeps a context from one message to
/// the next, so that an idle socket holds none.
nonisolated struct DeflateAgreement: Equatable, Sendable {
  /// How far back what we send may refer.
  let window: DeflateWindow
  /// The client has limited our window, and is told that we keep to it.
  private let isLimited: Bool

  /// The answer's `Sec-WebSocket-Extensions`.
  var answer: String {
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
      + (isLimited ? "; server_max_window_bits=\(window.bits)" : "")
  }

  /// The first offer that can be taken; an offer with unknown, repeated or wrong parameters is declined.
  static func first(of list: ExtensionList) -> DeflateAgreement? {
    for offer in list.offers where offer.name.lowercased() == "permessage-deflate" {
      if let agreement = DeflateAgreement(offer) { return agreement }
    }
    return nil
  }

  private init?(_ offer: ExtensionList.Offer) {
    var seen: Set<String> = []
    var limit: DeflateWindow?
    for parameter in offer.parameters {
      guard seen.insert(parameter.name).inserted else { return nil }
      switch parameter.name {
      case "server_no_context_takeover", "client_no_context_takeover":
        guard parameter.value == nil else { return nil }
      case "server_max_window_bits":
        guard let bits = Self.windowBits(parameter.value) else { return nil }
        limit = DeflateWindow(bits: bits)
      case "client_max_window_bits":
        // A hint only: our inflater's window is the largest, so that any other fits.
        guard parameter.value == nil || Self.windowBits(parameter.value) != nil else { return nil }
      default: return nil
      }
    }
    window = limit ?? .largest
    isLimited = limit != nil
  }

  /// 8 to 15, without a zero in front.
  private static func windowBits(_ text: String?) -> UInt8? {
    switch text {
    case "8": 8
    case "9": 9
    case "10": 10
    case "11": 11
    case "12": 12
    case "13": 13
    case "14": 14
    case "15": 15
    default: nil
    }
  }
}
