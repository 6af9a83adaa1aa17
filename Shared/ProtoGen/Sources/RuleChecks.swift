import Glibc

/// Rules that a field of its type cannot have.
struct RuleChecks {
  let field: Field
  let place: String
  private var rules: Rules { field.rules }

  init(_ field: Field, _ place: String) {
    self.field = field
    self.place = place
  }

  func run() throws {
    try lengths()
    try bounds()
    try items()
    try format()
    try pattern()
    if rules.isSecret, field.kind != .string {
      throw Refusal("\(place): only strings can be secret")
    }
    try json()
    if rules.isNullable, !field.hasPresence || field.isRepeated {
      throw Refusal("\(place): only an optional field is nullable")
    }
    if rules.isRequired, field.oneof != nil {
      throw Refusal("\(place): a member of a oneof cannot be required")
    }
    for alias in rules.aliases
    where alias.isEmpty
      || !alias.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    {
      throw Refusal("\(place): \(alias) is no name")
    }
  }

  private func json() throws {
    guard rules.isJSON || rules.jsonOf != nil else { return }
    guard field.kind == .string, !field.isRepeated else {
      throw Refusal("\(place): only a string can be JSON, and no list of them")
    }
    if rules.isJSON, rules.jsonOf != nil {
      throw Refusal("\(place): json and json_of exclude each other")
    }
    if rules.isSecret || rules.format != nil || rules.pattern != nil || rules.minLength != nil {
      throw Refusal("\(place): JSON has no other rules than required, nullable and max_len")
    }
  }

  private func lengths() throws {
    guard rules.minLength != nil || rules.maxLength != nil else { return }
    guard field.kind == .string || field.kind == .bytes else {
      throw Refusal("\(place): only strings and bytes have a length")
    }
    guard (0...(rules.maxLength ?? .max)).contains(rules.minLength ?? 0) else {
      throw Refusal("\(place): min_len and max_len contradict each other")
    }
  }

  private func bounds() throws {
    let minimum = rules.minimum ?? rules.exclusiveMinimum
    guard minimum != nil || rules.maximum != nil else { return }
    guard field.kind.isNumber, rules.format == nil else {
      throw Refusal("\(place): only numbers have bounds")
    }
    if rules.minimum != nil, rules.exclusiveMinimum != nil {
      throw Refusal("\(place): min and exclusive_min exclude each other")
    }
    if let minimum, let maximum = rules.maximum, minimum > maximum {
      throw Refusal("\(place): min and max contradict each other")
    }
    for bound in [minimum, rules.maximum] {
      guard let bound else { continue }
      guard bound.isFinite, !field.kind.isInteger || bound == bound.rounded() else {
        throw Refusal("\(place): \(bound) is no bound of such a number")
      }
    }
  }

  private func items() throws {
    guard rules.minItems != nil || rules.maxItems != nil else { return }
    guard field.isRepeated else { throw Refusal("\(place): only a list has items") }
    guard (0...(rules.maxItems ?? .max)).contains(rules.minItems ?? 0) else {
      throw Refusal("\(place): min_items and max_items contradict each other")
    }
  }

  private func format() throws {
    guard let format = rules.format else { return }
    let wanted: Field.Kind = format == .timestamp ? .int64 : .string
    guard field.kind == wanted else {
      throw Refusal("\(place): the format \(format) is for \(wanted)")
    }
  }

  private func pattern() throws {
    guard let pattern = rules.pattern else { return }
    guard field.kind == .string else { throw Refusal("\(place): only strings have a pattern") }
    var compiled = regex_t()
    guard !pattern.contains("\u{0}"), regcomp(&compiled, "^(\(pattern))$", REG_EXTENDED) == 0 else {
      throw Refusal("\(place): the pattern \(pattern) does not compile")
    }
    regfree(&compiled)
  }
}
