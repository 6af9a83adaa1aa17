/// The name by which others know a user.
nonisolated struct Username: Hashable {
  let text: String
  /// In lower case: two names with one key are one name.
  let key: String

  static let lengthMin = 3
  static let lengthMax = 50

  init(parsing text: String) throws(RuleViolation) {
    let count = text.unicodeScalars.count
    guard count >= Self.lengthMin else {
      throw RuleViolation("username", "min_len", "has fewer than \(Self.lengthMin) characters")
    }
    guard count <= Self.lengthMax else {
      throw RuleViolation("username", "max_len", "has more than \(Self.lengthMax) characters")
    }
    guard text.utf8.allSatisfy(Self.isAllowed) else {
      throw RuleViolation(
        "username", "characters", #"takes letters, digits, "_", "-" and "." only"#)
    }
    self.init(checked: text)
  }

  private init(checked text: String) {
    self.text = text
    key = Self.key(of: text)
  }

  static func key(of text: String) -> String { text.lowercased() }

  /// A name made from an email's local part: what is not allowed in a name is left out, and so is a
  /// tag behind "+". With a suffix (of allowed characters) where that name is taken.
  static func derived(from email: Email, suffix: String = "") -> Username {
    let ending = suffix.isEmpty ? "" : "-" + suffix
    let local = email.text.prefix { $0 != "@" && $0 != "+" }
    var name = String(decoding: local.utf8.filter(isAllowed), as: UTF8.self)
    if name.utf8.count < lengthMin { name = name.isEmpty ? "user" : "user-" + name }
    return Username(checked: name.prefix(lengthMax - ending.utf8.count) + ending)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
