/// Why a pattern cannot be served. All are found when the table is made, before anything is served.
nonisolated public enum RouterError: Error, Equatable {
  case malformedPattern(String)
  case tooManyVariables(String)
  case duplicateRoute(String)
}

/// The variables' places in a path that matched, in the pattern's order.
nonisolated public struct RouteCaptures: Sendable {
  public static let countMax = 4

  public private(set) var count = 0
  private var starts = SIMD4<UInt16>()
  private var ends = SIMD4<UInt16>()

  /// Where the variable lies in the path.
  public subscript(index: Int) -> Range<Int> {
    precondition(index < count, "the pattern has fewer variables")
    return Int(starts[index])..<Int(ends[index])
  }

  /// The variable's bytes, percent-encoded as they were sent.
  public func bytes(_ index: Int, in path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: path[self[index]])
  }

  @inline(__always)
  mutating func push(_ start: Int, _ end: Int) {
    starts[count] = UInt16(truncatingIfNeeded: start)
    ends[count] = UInt16(truncatingIfNeeded: end)
    count += 1
  }

  @inline(__always)
  mutating func pop() { count -= 1 }
}

/// Finds the route of a path: a trie over segments, its edges in one flat hash table.
///
/// A literal segment beats a variable one. The path decides first, then the method: a path that is
/// known is never "not found" for its method. A trailing slash is tolerated. `HEAD` is served by
/// `GET` unless it has a route of its own. Literals are compared byte by byte, as they were sent.
public final class Router<Value> {
  public enum Match {
    case found(Value, RouteCaptures)
    /// `allow` is the value of the `Allow` header.
    case methodNotAllowed(allow: String)
    case notFound
  }

  private struct Node {
    /// The child that any segment leads to; -1 where there is none.
    var variable: Int32 = -1
    /// The value of each method (`HTTPMethod.rawValue`); -1 where there is none.
    var values = SIMD8<Int32>(repeating: -1)
    var isTerminal = false
  }

  private struct Edge {
    var parent: Int32 = -1
    var child: Int32 = -1
    var hash: UInt32 = 0
    var textStart: Int32 = 0
    var textCount: Int32 = 0
  }

  private var nodes = [Node()]
  private var edges = [Edge](repeating: Edge(), count: 64)
  private var edgeCount = 0
  private var text: [UInt8] = []
  private var values: [Value] = []

  public init() {}

  /// Serves `pattern`, such as `/api/v1/rooms/{room_id}`; with `alsoUnderAPI` the same pattern with
  /// the prefix `/api` as well.
  public func add(
    _ method: HTTPMethod, _ pattern: String, alsoUnderAPI: Bool = false, _ value: Value
  ) throws(RouterError) {
    values.append(value)
    let index = Int32(values.count - 1)
    try insert(method, pattern, index)
    if alsoUnderAPI { try insert(method, "/api" + pattern, index) }
  }

  public func match(_ method: HTTPMethod, _ path: UnsafeRawBufferPointer) -> Match {
    var captures = RouteCaptures()
    guard path.count > 0, path[0] == UInt8(ascii: "/"), path.count <= Int(UInt16.max),
      let node = find(0, path, 0, &captures)
    else { return .notFound }
    let routes = nodes[node].values
    var value = routes[Int(method.rawValue)]
    if value < 0, method == .head { value = routes[Int(HTTPMethod.get.rawValue)] }
    guard value >= 0 else { return .methodNotAllowed(allow: allow(routes)) }
    return .found(values[Int(value)], captures)
  }

  /// The deepest call is the longest pattern: only nodes that exist are entered.
  private func find(
    _ node: Int, _ path: UnsafeRawBufferPointer, _ slash: Int, _ captures: inout RouteCaptures
  ) -> Int? {
    let start = slash + 1
    if start >= path.count { return nodes[node].isTerminal ? node : nil }
    var end = start
    var hash = Self.seed(node)
    while end < path.count, path[end] != UInt8(ascii: "/") {
      hash = (hash ^ UInt32(path[end])) &* 0x0100_0193
      end += 1
    }
    guard end > start else { return nil }
    if let child = literal(node, hash, path, start, end),
      let found = find(child, path, end, &captures)
    {
      return found
    }
    let variable = nodes[node].variable
    guard variable >= 0 else { return nil }
    captures.push(start, end)
    if let found = find(Int(variable), path, end, &captures) { return found }
    captures.pop()
    return nil
  }

  @inline(__always)
  private func literal(
    _ node: Int, _ hash: UInt32, _ path: UnsafeRawBufferPointer, _ start: Int, _ end: Int
  ) -> Int? {
    let mask = edges.count - 1
    var slot = Int(hash) & mask
    while edges[slot].parent >= 0 {
      let edge = edges[slot]
      if edge.hash == hash, edge.parent == Int32(truncatingIfNeeded: node),
        edge.textCount == Int32(truncatingIfNeeded: end - start),
        isEqual(edge, path, start)
      {
        return Int(edge.child)
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  @inline(__always)
  private func isEqual(_ edge: Edge, _ path: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    for index in 0..<Int(edge.textCount)
    where text[Int(edge.textStart) + index] != path[start + index] {
      return false
    }
    return true
  }

  private static func seed(_ node: Int) -> UInt32 {
    0x811C_9DC5 ^ UInt32(truncatingIfNeeded: node &* 0x9E37_79B1)
  }

  private func allow(_ routes: SIMD8<Int32>) -> String {
    var names: [String] = []
    for method in HTTPMethod.allCases {
      let isServed =
        routes[Int(method.rawValue)] >= 0
        || (method == .head && routes[Int(HTTPMethod.get.rawValue)] >= 0)
      if isServed { names.append(method.name.description) }
    }
    return names.joined(separator: ", ")
  }

  // Building.

  private func insert(
    _ method: HTTPMethod, _ pattern: String, _ value: Int32
  ) throws(RouterError) {
    guard pattern.utf8.first == UInt8(ascii: "/") else { throw .malformedPattern(pattern) }
    var node = 0
    var variables = 0
    var segments = Array(pattern.utf8).split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
    ).dropFirst()
    if segments.last?.isEmpty == true { segments = segments.dropLast() }
    for segment in segments {
      if segment.first == UInt8(ascii: "{") {
        guard segment.last == UInt8(ascii: "}"), segment.count > 2 else {
          throw .malformedPattern(pattern)
        }
        variables += 1
        guard variables <= RouteCaptures.countMax else { throw .tooManyVariables(pattern) }
        node = variableChild(of: node)
      } else {
        guard !segment.isEmpty, segment.allSatisfy(Self.isLiteral) else {
          throw .malformedPattern(pattern)
        }
        node = literalChild(of: node, Array(segment))
      }
    }
    guard nodes[node].values[Int(method.rawValue)] < 0 else {
      throw .duplicateRoute("\(method.name) \(pattern)")
    }
    nodes[node].values[Int(method.rawValue)] = value
    nodes[node].isTerminal = true
  }

  private static func isLiteral(_ byte: UInt8) -> Bool {
    ByteClass.isTarget(byte) && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}")
      && byte != UInt8(ascii: "?")
  }

  private func variableChild(of node: Int) -> Int {
    if nodes[node].variable < 0 {
      nodes.append(Node())
      nodes[node].variable = Int32(nodes.count - 1)
    }
    return Int(nodes[node].variable)
  }

  private func literalChild(of node: Int, _ segment: [UInt8]) -> Int {
    let hash = segment.reduce(Self.seed(node)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let known = segment.withUnsafeBytes { literal(node, hash, $0, 0, $0.count) }
    if let known { return known }
    nodes.append(Node())
    let child = nodes.count - 1
    let edge = Edge(
      parent: Int32(node), child: Int32(child), hash: hash, textStart: Int32(text.count),
      textCount: Int32(segment.count))
    text += segment
    edgeCount += 1
    if edgeCount * 2 > edges.count {
      let old = edges
      edges = [Edge](repeating: Edge(), count: old.count * 2)
      for edge in old where edge.parent >= 0 { place(edge) }
    }
    place(edge)
    return child
  }

  private func place(_ edge: Edge) {
    var slot = Int(edge.hash) & (edges.count - 1)
    while edges[slot].parent >= 0 { slot = (slot + 1) & (edges.count - 1) }
    edges[slot] = edge
  }
}
