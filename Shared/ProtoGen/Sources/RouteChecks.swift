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
    for variable in route.variables {
      guard let field = fields.first(where: { $0.name == variable }) else {
        throw Refusal("\(place): {\(variable)} is no field of \(method.input)")
      }
      guard !field.isRepeated, field.oneof == nil, !isMessage(field), field.kind != .bytes else {
        throw Refusal("\(place): {\(variable)} is no field that a path can hold")
      }
      if field.rules.isSecret { throw Refusal("\(place): a path shows the secret \(variable)") }
    }
    guard route.verb == "GET" else { return }
    for field in fields where !route.variables.contains(field.name) {
      if isMessage(field) {
        throw Refusal("\(place): a GET has no body, and no query holds \(field.name)")
      }
      if field.rules.isSecret {
        throw Refusal("\(place): a query shows the secret \(field.name)")
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
