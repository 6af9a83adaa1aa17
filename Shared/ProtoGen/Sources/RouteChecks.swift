/// Routes that could not be served, or not told from each other.
struct RouteChecks {
  let contract: Contract
  let types: SwiftTypes

  init(_ contract: Contract, _ types: SwiftTypes) {
    self.contract = contract
    self.types = types
  }

  func run() throws {
    var served: [String: String] = [:]
    for service in contract.services {
      for method in service.methods {
        for route in method.routes {
          let place = "\(service.fullName)/\(method.name)"
          try checkPath(route, place)
          for form in forms(of: route) {
            if let other = served[form] {
              throw Refusal("\(place) and \(other) have the same route \(form)")
            }
            served[form] = place
          }
          try checkInput(route, method, "\(place) at \(route.path)")
          try checkOutput(route, method, "\(place) at \(route.path)")
        }
      }
    }
  }

  /// How a route is told from others: variables' names make no difference, and an alias is served
  /// under /api too.
  private func forms(of route: RouteType) -> [String] {
    let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }
      .joined(separator: "/")
    let form = "\(route.verb) /\(path)"
    return route.isAlias && !route.path.hasPrefix("/api/")
      ? [form, "\(route.verb) /api/\(path)"] : [form]
  }

  private func checkPath(_ route: RouteType, _ place: String) throws {
    guard route.paths.count == 1 else {
      throw Refusal("\(place): a route has exactly one of get, post, put, patch, delete")
    }
    if route.hasAliasesOfItsOwn { throw Refusal("\(place): an alias has no aliases") }
    guard route.path.hasPrefix("/"), route.path.count > 1, !route.path.hasSuffix("/"),
      !route.path.contains("//")
    else { throw Refusal("\(place): \(route.path) is no path") }
    for segment in route.path.split(separator: "/") {
      let name = segment.hasPrefix("{") ? segment.dropFirst().dropLast() : segment
      let isClosed = segment.hasPrefix("{") == segment.hasSuffix("}")
      guard isClosed, !name.isEmpty,
        name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
      else { throw Refusal("\(place): \(route.path) is no path") }
    }
    guard Set(route.variables).count == route.variables.count else {
      throw Refusal("\(place): \(route.path) has a variable twice")
    }
    guard (200...299).contains(route.status) else {
      throw Refusal("\(place): \(route.status) is no status of success")
    }
  }

  private func checkInput(_ route: RouteType, _ method: Method, _ place: String) throws {
    let fields = types.messages[method.input]?.fields ?? []
    for name in OpenAPISchemas.reachable([method.input], types) {
      for field in types.messages[name]?.fields ?? [] where field.rules.jsonOf != nil {
        throw Refusal("\(place): \(name).\(field.name) is written by answers only")
      }
    }
    if let upload = route.upload { try checkUpload(upload, route, fields, place) }
    for variable in route.variables {
      guard let field = fields.first(where: { $0.name == variable }) else {
        throw Refusal("\(place): {\(variable)} is no field of \(method.input)")
      }
      guard !field.isRepeated, field.oneof == nil, !isMessage(field), field.kind != .bytes else {
        throw Refusal("\(place): {\(variable)} is no field that a path can hold")
      }
      if field.rules.isSecret { throw Refusal("\(place): a path shows the secret \(variable)") }
      if field.rules.isJSON {
        throw Refusal("\(place): {\(variable)} is JSON, which no path holds")
      }
    }
    guard route.verb == "GET" else { return }
    for field in fields where !route.variables.contains(field.name) {
      if isMessage(field) {
        throw Refusal("\(place): a GET has no body, and no query holds \(field.name)")
      }
      if field.rules.isSecret {
        throw Refusal("\(place): a query shows the secret \(field.name)")
      }
      if field.rules.isJSON {
        throw Refusal("\(place): \(field.name) is JSON, which no query holds")
      }
    }
  }

  private func isMessage(_ field: Field) -> Bool {
    if case .message = field.kind { true } else { false }
  }

  private func checkOutput(_ route: RouteType, _ method: Method, _ place: String) throws {
    let fields = types.messages[method.output]?.fields ?? []
    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
    var taken = Set(fields.map(\.name))
    for entry in route.names {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty,
        parts[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
      else { throw Refusal("\(place): \(entry) is not NAME=FIELD") }
      guard field(parts[1]) != nil else {
        throw Refusal("\(place): \(parts[1]) is no field of \(method.output)")
      }
      guard taken.insert(parts[0]).inserted else {
        throw Refusal("\(place): the answer has a field \(parts[0]) already")
      }
    }
    if let download = route.download {
      try checkRaw(download, fields, method.output, place)
      guard route.status != 204, route.names.isEmpty else {
        throw Refusal("\(place): an answer that is one field has a body, and no further names")
      }
    }
    guard let cookie = route.cookie else { return }
    guard cookie.clears == (cookie.set == nil) else {
      throw Refusal("\(place): a cookie is either set or cleared")
    }
    guard !cookie.name.isEmpty,
      cookie.name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
    else { throw Refusal("\(place): \(cookie.name) is no name of a cookie") }
    if let name = cookie.set {
      guard let field = field(name), field.kind == .string, !field.isRepeated else {
        throw Refusal("\(place): the cookie's \(name) is no string of \(method.output)")
      }
    }
    if let name = cookie.maxAge {
      guard cookie.set != nil, let field = field(name), field.kind.isInteger, !field.isRepeated
      else { throw Refusal("\(place): the cookie's \(name) is no integer of \(method.output)") }
    }
  }
}

/// Bodies that are no JSON.
extension RouteChecks {
  private static let bytesMax: Int32 = 2 << 20

  private func checkUpload(
    _ upload: RouteType.RawBody, _ route: RouteType, _ fields: [Field], _ place: String
  ) throws {
    guard route.verb == "POST" || route.verb == "PUT" || route.verb == "PATCH" else {
      throw Refusal("\(place): a \(route.verb) uploads nothing")
    }
    try checkRaw(upload, fields, "the request", place)
    guard (1...Self.bytesMax).contains(upload.bytesMax) else {
      throw Refusal("\(place): max_bytes has to be 1 to \(Self.bytesMax)")
    }
    let known = route.variables + [upload.field, upload.type]
    if let field = fields.first(where: { !known.contains($0.name) }) {
      throw Refusal("\(place): nothing holds \(field.name), as the body is \(upload.field)")
    }
    if route.variables.contains(where: { $0 == upload.field || $0 == upload.type }) {
      throw Refusal("\(place): a part of the body stands in the path")
    }
  }

  private func checkRaw(
    _ raw: RouteType.RawBody, _ fields: [Field], _ message: String, _ place: String
  ) throws {
    func isPlain(_ name: String, _ kind: Field.Kind) -> Bool {
      fields.contains {
        $0.name == name && $0.kind == kind && !$0.isRepeated && !$0.hasPresence && !$0.rules.isJSON
      }
    }
    guard isPlain(raw.field, .bytes) else {
      throw Refusal("\(place): the body's \(raw.field) is no plain bytes field of \(message)")
    }
    guard isPlain(raw.type, .string) else {
      throw Refusal("\(place): the type's \(raw.type) is no plain string field of \(message)")
    }
    guard !raw.types.isEmpty else { throw Refusal("\(place): the body has no media type") }
    for type in raw.types where !Self.isMediaType(type) {
      throw Refusal("\(place): \(type) is no media type, in lower case")
    }
  }

  /// `image/svg+xml`: type and subtype, without parameters.
  private static func isMediaType(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        part.first?.isLetter == true
          && part.allSatisfy {
            $0.isASCII && ($0.isLowercase || $0.isNumber || "+-._".contains($0))
          }
      }
  }
}
