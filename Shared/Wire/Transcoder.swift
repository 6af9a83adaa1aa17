import CArena
import CProtobufC

/// JSON to protobuf bytes and back, by the contract's tables. Made once: `Schemas.transcoder`.
public nonisolated struct Transcoder {
  let table: PlanTable

  public init(messages: [MessageSchema], enums: [EnumSchema]) {
    table = PlanTable(messages, enums)
  }

  /// The call's body of a request: path, query and JSON body bound to the route's message, every
  /// rule checked. An absent body counts as `{}`.
  ///
  /// - Parameters:
  ///   - path: the values of the pattern's variables, in its order, as they stand in the path.
  ///   - query: as it stands after the question mark.
  ///   - arena: may be reset when this returns. A request gets no more of it than its size
  ///     deserves.
  public func request(
    _ route: Route, body: UnsafeRawBufferPointer, path: [UnsafeRawBufferPointer] = [],
    query: UnsafeRawBufferPointer? = nil, _ arena: borrowing Arena
  ) throws(RequestFailure) -> [UInt8] {
    guard let reader = JSONReader(body) else {
      throw .malformed(field: "", message: "the body is not UTF-8")
    }
    arena.bound(toMessageOf: body.count + (query?.count ?? 0))
    let plan = UnsafePointer(table.messages + route.input)
    var binder = RequestBinder(table, reader)
    let message: UnsafeMutableRawPointer?
    do throws(JSONError) {
      message = try bind(route, body: body, path: path, query: query, plan, &binder, arena)
    } catch {
      throw .malformed(field: binder.fieldName, message: error.message)
    }
    guard let message else { throw .notFound }
    if !binder.violations.isEmpty { throw .violations(binder.violations) }
    return pack(message.assumingMemoryBound(to: ProtobufCMessage.self))
  }

  /// nil: the path names what cannot be there.
  private func bind(
    _ route: Route, body: UnsafeRawBufferPointer, path: [UnsafeRawBufferPointer],
    query: UnsafeRawBufferPointer?, _ plan: UnsafePointer<MessagePlan>,
    _ binder: inout RequestBinder, _ arena: borrowing Arena
  ) throws(JSONError) -> UnsafeMutableRawPointer? {
    let message = try binder.make(plan, arena)
    guard try binder.path(path, route.pathFields, of: message, plan, arena) else { return nil }
    if let query, query.count > 0 {
      guard route.bindsQuery else { throw binder.reader.error("this route takes no query") }
      try binder.query(query, of: message, plan, arena)
    }
    if body.count > 0 {
      guard route.takesBody else { throw binder.reader.error("this route takes no body") }
      binder.reader.skipSpace()
      try binder.members(of: message, plan, arena)
      binder.reader.skipSpace()
      if !binder.reader.isAtEnd { throw binder.reader.error("text after the JSON value") }
    }
    binder.requireFields(plan)
    return message
  }

  /// The JSON of an answer, appended, with the route's further names.
  ///
  /// - Parameter arena: may be reset when this returns.
  public func answer(
    _ route: Route, _ bytes: UnsafeRawBufferPointer, _ arena: borrowing Arena,
    into out: inout JSONWriter
  ) throws(WireError) {
    try json(
      of: route.output, bytes, arena, names: route.names, into: &out)
  }

  /// The JSON of any message of the contract, by its index: what events and sockets send.
  public func json(
    of index: Int, _ bytes: UnsafeRawBufferPointer, _ arena: borrowing Arena,
    names: [Route.FurtherName] = [], into out: inout JSONWriter
  ) throws(WireError) {
    let plan = UnsafePointer(table.messages + index)
    arena.bound(toMessageOf: bytes.count)
    let message = try unpack(
      plan.pointee.descriptor, nestingMax: plan.pointee.nestingMax, bytes, arena)
    let writer = AnswerWriter(
      messages: UnsafePointer(table.messages), enums: UnsafePointer(table.enums))
    writer.object(message, plan, names: names, into: &out)
  }

  /// The JSON text of a message, as a route that answers it has it.
  public func json(of message: some Message) throws(WireError) -> String {
    try json(of: type(of: message), message.bytes())
  }

  /// The same of a list.
  public func json(of messages: [some Message]) throws(WireError) -> String {
    var texts: [String] = []
    for message in messages { texts.append(try json(of: message)) }
    return "[\(texts.joined(separator: ","))]"
  }

  /// The same of a message that is encoded already.
  public func json<M: Message>(of type: M.Type, _ bytes: [UInt8]) throws(WireError) -> String {
    guard let index = table.index(of: type.descriptor) else { throw .malformed }
    var out = JSONWriter(capacity: 512)
    let result: Result<Void, WireError> = bytes.withUnsafeBytes { buffer in
      do throws(WireError) {
        return .success(try json(of: index, buffer, Arena(), into: &out))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return String(decoding: out.bytes, as: UTF8.self)
  }

  /// A string field of an answer, e.g. a cookie's value; nil: it is absent or no string.
  public func text(
    _ field: Int, of route: Route, _ bytes: UnsafeRawBufferPointer
  ) -> String? {
    guard let content = last(field, of: route, bytes)?.content, isUTF8(content) else {
      return nil
    }
    return String(decoding: content, as: UTF8.self)
  }

  /// An integer field of an answer, e.g. how long a cookie lives; nil: it is absent or 0.
  public func integer(
    _ field: Int, of route: Route, _ bytes: UnsafeRawBufferPointer
  ) -> Int64? {
    guard let field = last(field, of: route, bytes), field.content == nil else { return nil }
    return Int64(bitPattern: field.value)
  }

  func last(
    _ field: Int, of route: Route, _ bytes: UnsafeRawBufferPointer
  ) -> FieldScanner.Field? {
    let tag = table.messages[route.output].fields[field].tag
    var scanner = FieldScanner(bytes)
    var result: FieldScanner.Field?
    while let next = scanner.next() {
      if next.number == tag { result = next }
    }
    return result
  }
}

nonisolated extension Route {
  /// Fields may come from the query.
  public var bindsQuery: Bool { method == "GET" || method == "DELETE" }
  /// A DELETE may carry a body, a GET may not.
  public var takesBody: Bool { method != "GET" }
}
