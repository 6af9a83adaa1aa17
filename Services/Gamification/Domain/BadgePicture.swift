/// A badge's picture: a white symbol on a coloured disc.
nonisolated struct BadgePicture: Hashable, Sendable {
  enum Symbol: String, CaseIterable, Sendable {
    case seed, leaf, tree, star, crown, clock, sun, hammer, flame, speech
  }

  /// For who cannot see it.
  var title: String
  var symbol: Symbol
  /// As CSS has it, `#4c8c4a`; any other text is replaced.
  var colour: String

  /// An SVG document without scripts, links or styles.
  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64" role="img">\
    <title>\(Self.escaped(title))</title>\
    <circle cx="32" cy="32" r="31" fill="\(safeColour)"/>\
    <circle cx="32" cy="32" r="27" fill="none" stroke="#fff" stroke-opacity="0.5"/>\
    <g fill="#fff" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">\
    \(symbol.shapes)</g></svg>
    """
  }

  private var safeColour: String {
    let digits = colour.utf8.dropFirst()
    let isColour =
      colour.utf8.first == UInt8(ascii: "#") && digits.count == 6
      && digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    return isColour ? colour : "#8a6d3b"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      // XML has no other control characters, not even escaped.
      case _ where scalar.value < 32 || scalar.value == 0xfffe || scalar.value == 0xffff:
        escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

nonisolated extension BadgePicture.Symbol {
  /// In a square of 64.
  fileprivate var shapes: String {
    switch self {
    case .seed:
      #"<path d="M32 48V32" fill="none"/><path d="M32 32c0-8 5-12 13-12 0 8-5 12-13 12z"/>"#
    case .leaf:
      #"<path d="M19 45c0-17 8-26 27-27 0 19-10 27-27 27z"/>"#
        + #"<path d="M16 49l10-11" fill="none"/>"#
    case .tree:
      #"<path d="M32 50V40" fill="none"/><path d="M32 13l13 17h-6l8 11H17l8-11h-6z"/>"#
    case .star:
      #"<path d="M32 14l5 12 13 1-10 9 3 13-11-7-11 7 3-13-10-9 13-1z"/>"#
    case .crown:
      #"<path d="M16 44l-3-22 11 9 8-14 8 14 11-9-3 22z"/><path d="M17 49h30" fill="none"/>"#
    case .clock:
      #"<circle cx="32" cy="32" r="16" fill="none"/><path d="M32 22v10l7 5" fill="none"/>"#
    case .sun:
      #"<circle cx="32" cy="32" r="9"/><path d="M32 13v5M32 46v5M13 32h5M46 32h5M19 19l3 3"#
        + #"M42 42l3 3M45 19l-3 3M22 42l-3 3" fill="none"/>"#
    case .hammer:
      #"<path d="M18 22h20v9H18z"/><path d="M38 24l7 3" fill="none"/>"#
        + #"<path d="M28 31v18" fill="none"/>"#
    case .flame:
      #"<path d="M33 13c3 9 12 13 12 23a13 13 0 0 1-26 0c0-6 4-8 5-13 3 2 4 4 4 7 4-4 6-9 5-17z"/>"#
    case .speech:
      #"<path d="M15 19h34v21H31l-9 8v-8h-7z"/>"#
    }
  }
}
