/// A file's services: the protocol to implement, the client that calls it, the dispatcher between.
struct SwiftServices {
  func source(_ file: ProtoFile) -> String {
    var out = SwiftText(imports: ["Wire"])
    for service in file.services {
      interface(service, &out)
      ids(service, &out)
      client(service, &out)
      dispatcher(service, file, &out)
    }
    return out.text
  }

  /// What the whole contract's methods are called, for those who know only their ids.
  func names(_ contract: Contract) -> String {
    var out = SwiftText(imports: [])
    out.line("/// The names of all methods, by their ids.")
    out.line("public nonisolated enum MethodNames {")
    out.line("  /// `package.Service/Method`; nil of an id that the contract does not know.")
    out.line("  public static func name(of id: UInt32) -> StaticString? {")
    out.line("    switch id {")
    for service in contract.services {
      for method in service.methods {
        out.line("    case \(methodID(service, method)): \"\(service.fullName)/\(method.name)\"")
      }
    }
    out.line("    default: nil")
    out.line("    }")
    out.line("  }")
    out.line("}")
    return out.text
  }

  private func signature(_ method: Method) -> String {
    "func \(Names.escaped(Names.lowerFirst(method.name)))(\n"
      + "    _ request: \(Names.type(method.input)), _ context: CallContext\n"
      + "  ) async throws -> \(Names.type(method.output))"
  }

  private func interface(_ service: ServiceType, _ out: inout SwiftText) {
    out.line()
    out.documentation(service.documentation)
    out.line("public protocol \(Names.service(service.fullName))Service {")
    for (index, method) in service.methods.enumerated() {
      if index > 0 { out.line() }
      out.documentation(method.documentation, indent: "  ")
      out.line("  " + signature(method))
    }
    out.line("}")
  }

  /// The methods' ids, for those who call or watch them by number.
  private func ids(_ service: ServiceType, _ out: inout SwiftText) {
    let name = Names.service(service.fullName)
    out.line()
    out.line("/// The ids of the methods of \(service.fullName).")
    out.line("public nonisolated enum \(name)Methods {")
    for method in service.methods {
      let constant = Names.escaped(Names.lowerFirst(method.name))
      out.line("  public static let \(constant): UInt32 = \(methodID(service, method))")
    }
    out.line("}")
  }

  private func client(_ service: ServiceType, _ out: inout SwiftText) {
    let name = Names.service(service.fullName)
    out.line()
    out.line("/// Calls \(service.fullName) over a transport.")
    out.line("public struct \(name)Client: \(name)Service {")
    out.line("  public let transport: any Transport")
    out.line()
    out.line("  public init(_ transport: any Transport) { self.transport = transport }")
    for method in service.methods {
      out.line()
      out.line("  public " + signature(method) + " {")
      out.line("    try await Call.make(")
      out.line("      \(methodID(service, method)), idempotent: \(method.isIdempotent),")
      out.line("      request, context, over: transport)")
      out.line("  }")
    }
    out.line("}")
  }

  private func dispatcher(_ service: ServiceType, _ file: ProtoFile, _ out: inout SwiftText) {
    let name = Names.service(service.fullName)
    out.line()
    out.line("/// Takes calls of \(service.fullName) to an implementation.")
    out.line("public struct \(name)Dispatcher<S: \(name)Service>: Dispatcher {")
    out.line(
      "  public static var service: String { \"\(Names.service(ofPackage: file.package))\" }")
    out.line()
    out.line("  public let implementation: S")
    out.line()
    out.line("  public init(_ implementation: S) { self.implementation = implementation }")
    out.line()
    out.line("  public var methods: [UInt32] {")
    out.line("    [\(service.methods.map { "\(methodID(service, $0))" }.joined(separator: ", "))]")
    out.line("  }")
    out.line()
    out.line("  public func dispatch(")
    out.line("    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext")
    out.line("  ) async throws -> [UInt8] {")
    out.line("    switch method {")
    for method in service.methods {
      out.line("    case \(methodID(service, method)):")
      out.line("      let request = try Call.request(\(Names.type(method.input)).self, body)")
      let name = Names.lowerFirst(method.name)
      out.line("      return try await implementation.\(name)(request, context).bytes()")
    }
    out.line("    default: throw Call.unknown(method)")
    out.line("    }")
    out.line("  }")
    out.line("}")
  }
}
