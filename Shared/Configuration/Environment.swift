import Glibc
import Wire

/// Settings from environment variables, typed, with every error at once.
///
///     let environment = Environment()
///     let port = environment.int("PORT", default: 8080, in: 0...65535)
///     let secret = environment.secret("RPC_SECRET", bytesMin: 16)
///     environment.finishOrExit()       // nothing above is used before this
///
/// A getter that finds its setting missing or wrong notes that and gives a placeholder. An empty
/// variable is an absent one. For any `NAME`, `NAME_FILE` names a file that holds the value.
public final class Environment {
  private let variables: [String: String]
  private var problems: [ConfigurationError.Problem] = []

  public init(_ variables: [String: String]) { self.variables = variables }

  /// The process' own.
  public convenience init() {
    var variables: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
      let parts = String(cString: pointer).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    self.init(variables)
  }

  /// Notes a problem of the caller's own, of two settings that do not go together for example.
  public func report(_ name: String, _ text: String) {
    let problem = ConfigurationError.Problem(name: name, text: text)
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// Throws what was wrong so far.
  public func finish() throws(ConfigurationError) {
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
  }

  /// Prints everything that is wrong on standard error and exits 78; returns where nothing is.
  public func finishOrExit() {
    do {
      try finish()
    } catch {
      let text = "wrong settings:\n" + error.description + "\n"
      _ = text.withCString { write(2, $0, strlen($0)) }
      exit(ConfigurationError.exitStatus)
    }
  }

  /// Whether there is a value, by `NAME` or `NAME_FILE`.
  public func has(_ name: String) -> Bool {
    !(variables[name] ?? "").isEmpty || !(variables[name + "_FILE"] ?? "").isEmpty
  }

  // MARK: Text

  public func string(_ name: String) -> String { required(name) ?? "" }

  public func string(_ name: String, default value: String) -> String { raw(name) ?? value }

  /// `nil` where it is not set.
  public func optionalString(_ name: String) -> String? { raw(name) }

  /// Separated by commas; blanks around the items and empty items do not count.
  public func list(_ name: String, default value: [String]? = nil) -> [String] {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? [] }
    return text.split(separator: ",").map(Environment.trimmed).filter { !$0.isEmpty }
  }

  public func secret(_ name: String, bytesMin: Int = 1) -> Secret {
    required(name).map { checked(name, $0, bytesMin) } ?? Secret("")
  }

  public func optionalSecret(_ name: String, bytesMin: Int = 1) -> Secret? {
    raw(name).map { checked(name, $0, bytesMin) }
  }

  // MARK: Numbers

  /// Without a default it is required.
  public func int(
    _ name: String, default value: Int? = nil, in range: ClosedRange<Int> = Int.min...Int.max
  ) -> Int {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? 0 }
    guard let number = Int(text) else {
      return reported(name, "'\(Environment.shown(text))' is not a whole number", value ?? 0)
    }
    guard range.contains(number) else {
      let bounds = "\(range.lowerBound) to \(range.upperBound)"
      return reported(name, "\(number) is not in \(bounds)", value ?? 0)
    }
    return number
  }

  public func port(_ name: String, default value: UInt16? = nil) -> UInt16 {
    UInt16(int(name, default: value.map(Int.init), in: 0...65535))
  }

  /// Without a default it is required. Not infinite, not NaN.
  public func double(
    _ name: String, default value: Double? = nil,
    in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  ) -> Double {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? 0 }
    guard let number = Double(text), number.isFinite else {
      return reported(name, "'\(Environment.shown(text))' is not a number", value ?? 0)
    }
    guard range.contains(number) else {
      let bounds = "\(range.lowerBound) to \(range.upperBound)"
      return reported(name, "\(number) is not in \(bounds)", value ?? 0)
    }
    return number
  }

  /// `true`, `1`, `yes`, `on` and `false`, `0`, `no`, `off`, in any case.
  public func bool(_ name: String, default value: Bool? = nil) -> Bool {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? false }
    switch text.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off": return false
    default:
      return reported(name, "'\(Environment.shown(text))' is not true or false", value ?? false)
    }
  }

  /// One of the cases of an enumeration, by its raw value.
  public func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, default value: Choice
  ) -> Choice {
    guard let text = raw(name) else { return value }
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return reported(name, "'\(Environment.shown(text))' is not one of \(names)", value)
  }

  // MARK: Addresses

  /// `tcp:host:port`, `unix:path` or `host:port`, as text.
  public func address(_ name: String, default value: String? = nil) -> String {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? "" }
    check(name, AddressText.fault(of: text))
    return text
  }

  /// One or several addresses, separated by commas.
  public func addresses(_ name: String, default value: [String]? = nil) -> [String] {
    let texts = list(name, default: value)
    if texts.isEmpty, value == nil, has(name) { report(name, "names no address") }
    for text in texts { check(name, AddressText.fault(of: text)) }
    return texts
  }

  /// An absolute URL of one of these schemes, with a host unless it is `unix` or the path is all.
  public func url(_ name: String, schemes: [String], default value: String? = nil) -> String {
    guard let text = value == nil ? required(name) : raw(name) else { return value ?? "" }
    check(name, AddressText.fault(ofURL: text, schemes: schemes))
    return text
  }

  public func optionalURL(_ name: String, schemes: [String]) -> String? {
    guard has(name) else { return nil }
    return url(name, schemes: schemes)
  }

  /// A URL that may hold a password, `DATABASE_URL` for example.
  public func secretURL(_ name: String, schemes: [String]) -> Secret {
    Secret(url(name, schemes: schemes))
  }

  public func optionalSecretURL(_ name: String, schemes: [String]) -> Secret? {
    optionalURL(name, schemes: schemes).map(Secret.init)
  }

  // MARK: Reading

  private func required(_ name: String) -> String? {
    if let text = raw(name) { return text }
    if !problems.contains(where: { $0.name == name || $0.name == name + "_FILE" }) {
      report(name, "is not set")
    }
    return nil
  }

  private func raw(_ name: String) -> String? {
    let direct = variables[name].flatMap { $0.isEmpty ? nil : $0 }
    guard let path = variables[name + "_FILE"], !path.isEmpty else { return direct }
    guard direct == nil else { return reported(name, "is set, and \(name)_FILE too", nil) }
    do {
      let text = try SettingFile.read(path)
      return text.isEmpty ? nil : text
    } catch {
      return reported(name + "_FILE", error.text, nil)
    }
  }

  private func checked(_ name: String, _ text: String, _ bytesMin: Int) -> Secret {
    if text.utf8.count < bytesMin { report(name, "has fewer than \(bytesMin) bytes") }
    return Secret(text)
  }

  private func check(_ name: String, _ fault: String?) {
    if let fault { report(name, fault) }
  }

  private func reported<Value>(_ name: String, _ text: String, _ value: Value) -> Value {
    report(name, text)
    return value
  }

  private static func shown(_ text: String) -> String { String(text.prefix(40)) }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
