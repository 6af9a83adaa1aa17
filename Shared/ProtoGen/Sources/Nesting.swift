/// How deep messages lie in each other.
struct Nesting {
  private let messages: [String: MessageType]

  init(_ contract: Contract) {
    messages = Dictionary(
      contract.messages.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func edges(_ name: String) -> [(field: Field, target: String)] {
    (messages[name]?.fields ?? []).compactMap { field in
      if case .message(let target) = field.kind { (field, target) } else { nil }
    }
  }

  private func reaches(_ from: String, _ goal: String) -> Bool {
    var open = [from]
    var seen: Set<String> = []
    while let name = open.popLast() {
      if name == goal { return true }
      guard seen.insert(name).inserted else { continue }
      open += edges(name).map(\.target)
    }
    return false
  }

  /// Whether a field leads from a message back into itself.
  func isRecursive(_ field: Field, of message: String) -> Bool {
    guard case .message(let target) = field.kind else { return false }
    return reaches(target, message)
  }

  /// A message that contains itself by fields that declare no depth.
  func undeclaredRecursion() -> String? {
    var done: Set<String> = []
    func visit(_ name: String, _ trail: Set<String>) -> String? {
      if trail.contains(name) { return name }
      guard done.insert(name).inserted else { return nil }
      for (field, target) in edges(name) where field.rules.depth == nil {
        if let found = visit(target, trail.union([name])) { return found }
      }
      return nil
    }
    for name in messages.keys.sorted() {
      if let found = visit(name, []) { return found }
    }
    return nil
  }

  /// Levels, the message's own included, of a message in which recursion is possible; else 0.
  func maximum(of message: String) -> Int {
    let isRecursive = messages.keys.contains { name in
      reaches(message, name) && edges(name).contains { reaches($0.target, name) }
    }
    guard isRecursive else { return 0 }
    var used: [String: Int32] = [:]
    func levels(_ name: String) -> Int {
      var deepest = 0
      for (field, target) in edges(name) {
        guard let depth = field.rules.depth else {
          deepest = max(deepest, levels(target))
          continue
        }
        let key = name + "." + field.name
        guard used[key, default: 0] < depth else { continue }
        used[key, default: 0] += 1
        deepest = max(deepest, levels(target))
        used[key, default: 0] -= 1
      }
      return deepest + 1
    }
    return levels(message)
  }
}
