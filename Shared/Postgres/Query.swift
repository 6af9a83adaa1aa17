/// A statement with numbered parameters (`$1`). Each connection prepares it once, by name.
///
/// Keep it in a `static let`, or write the literal where it is used: the literal's address finds the
/// statement again.
public struct Query {
  let statement: Statement

  public init(_ sql: StaticString) {
    precondition(sql.hasPointerRepresentation)
    let address = UInt(bitPattern: sql.utf8Start)
    if let known = Statement.byAddress[address] {
      statement = known
    } else {
      statement = Statement(sql.withUTF8Buffer { String(decoding: $0, as: UTF8.self) })
      Statement.byAddress[address] = statement
    }
  }

  /// A statement whose text is put together at run time: it is parsed each time, never prepared.
  /// Values belong into parameters, never into the text.
  public init(unprepared sql: String) {
    statement = Statement(sql, isPrepared: false)
  }
}

extension Query: @MainActor ExpressibleByStringLiteral {
  public init(stringLiteral sql: StaticString) { self.init(sql) }
}

/// A query's text, and the forms in which it was prepared: one for each list of parameter types,
/// since a NULL that came first says nothing of its parameter's type.
final class Statement {
  static var byAddress: [UInt: Statement] = [:]
  private static var variantCount = 0

  final class Variant {
    /// Small and dense: an index into each connection's table.
    let index: Int
    let types: [UInt32]
    /// `f1`, NUL-terminated.
    let name: [CChar]

    init(index: Int, types: [UInt32]) {
      self.index = index
      self.types = types
      name = "f\(index)".utf8.map { CChar(bitPattern: $0) } + [0]
    }
  }

  let text: [CChar]
  let isPrepared: Bool
  /// For traces.
  private(set) lazy var summary = QuerySummary.text(
    of: String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  private var variants: [Variant] = []

  init(_ sql: String, isPrepared: Bool = true) {
    text = sql.utf8.map { CChar(bitPattern: $0) } + [0]
    self.isPrepared = isPrepared
  }

  /// The variant whose types suit `types`: NULL (type 0) suits each.
  func variant(for types: UnsafeBufferPointer<UInt32>) -> Variant {
    for variant in variants where Self.suits(variant.types, types) { return variant }
    var merged = Array(types)
    // What the last variant knew of a parameter that is NULL now stays known.
    if let last = variants.first, last.types.count == merged.count {
      for position in merged.indices where merged[position] == TypeID.inferred {
        merged[position] = last.types[position]
      }
    }
    Statement.variantCount += 1
    let variant = Variant(index: Statement.variantCount, types: merged)
    // The newest knows most, so it is tried first.
    variants.insert(variant, at: 0)
    return variant
  }

  private static func suits(_ known: [UInt32], _ types: UnsafeBufferPointer<UInt32>) -> Bool {
    guard known.count == types.count else { return false }
    for position in 0..<types.count
    where types[position] != known[position] && types[position] != TypeID.inferred {
      return false
    }
    return true
  }
}
