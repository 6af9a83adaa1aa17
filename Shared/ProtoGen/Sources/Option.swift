import CDescriptor

/// The annotations of http.proto, by their numbers. protobuf-c keeps extensions among the unknown
/// fields.
enum Option: UInt32 {
  case route = 50001
  case idempotent = 50002
  case rules = 50003
  case upperCase = 50004

  func bool(in base: ProtobufCMessage) -> Bool {
    for index in 0..<Int(base.n_unknown_fields) {
      let field = base.unknown_fields[index]
      if field.tag == rawValue, field.wire_type == PROTOBUF_C_WIRE_TYPE_VARINT, field.len > 0 {
        return field.data[0] != 0
      }
    }
    return false
  }

  /// The content of a message option, its length stripped; nil: it is not given.
  private func content(in base: ProtobufCMessage) -> UnsafeBufferPointer<UInt8>? {
    for index in 0..<Int(base.n_unknown_fields) {
      let field = base.unknown_fields[index]
      guard field.tag == rawValue, field.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED else {
        continue
      }
      var skip = 0
      while field.data[skip] & 0x80 != 0 { skip += 1 }
      return UnsafeBufferPointer(start: field.data + skip + 1, count: field.len - skip - 1)
    }
    return nil
  }

  /// - Parameter package: the one of the message that has the field.
  func rules(in base: ProtobufCMessage, _ package: String) throws -> Rules {
    guard let content = content(in: base) else { return Rules() }
    guard let raw = focal__http__rules__unpack(nil, content.count, content.baseAddress) else {
      throw Refusal("the option rules does not parse")
    }
    defer { focal__http__rules__free_unpacked(raw, nil) }
    let proto = raw.pointee
    func given<T>(_ has: protobuf_c_boolean, _ value: T) -> T? { has != 0 ? value : nil }
    return Rules(
      isRequired: proto.required != 0, isSecret: proto.secret != 0,
      isNullable: proto.nullable != 0, isJSON: proto.json != 0,
      jsonOf: proto.json_of == nil ? nil : message(text(proto.json_of), in: package),
      minLength: given(proto.has_min_len, proto.min_len),
      maxLength: given(proto.has_max_len, proto.max_len),
      minItems: given(proto.has_min_items, proto.min_items),
      maxItems: given(proto.has_max_items, proto.max_items),
      minimum: given(proto.has_min, proto.min),
      exclusiveMinimum: given(proto.has_exclusive_min, proto.exclusive_min),
      maximum: given(proto.has_max, proto.max),
      pattern: proto.pattern == nil ? nil : text(proto.pattern),
      format: proto.has_format == 0 ? nil : Format(rawValue: Int32(proto.format.rawValue)),
      aliases: (0..<proto.n_also).map { text(proto.also[$0]) },
      depth: given(proto.has_depth, proto.depth))
  }

  private func message(_ name: String, in package: String) -> (message: String, isRepeated: Bool)? {
    let words = name.split(separator: " ")
    guard let last = words.last else { return nil }
    return ("\(package).\(last)", words.count > 1)
  }

  func routes(in base: ProtobufCMessage) throws -> [RouteType] {
    guard let content = content(in: base) else { return [] }
    guard let raw = focal__http__route__unpack(nil, content.count, content.baseAddress) else {
      throw Refusal("the option route does not parse")
    }
    defer { focal__http__route__free_unpacked(raw, nil) }
    let canonical = route(raw.pointee, canonical: nil)
    let aliases = list(raw.pointee.also, raw.pointee.n_also).map {
      route($0.pointee, canonical: canonical)
    }
    return [canonical] + aliases
  }

  private func rawBody(_ raw: UnsafeMutablePointer<Focal__Http__RawBody>?) -> RouteType.RawBody? {
    raw.map {
      RouteType.RawBody(
        field: text($0.pointee.field), type: text($0.pointee.type),
        types: types($0), bytesMax: $0.pointee.max_bytes)
    }
  }

  private func types(_ raw: UnsafeMutablePointer<Focal__Http__RawBody>) -> [String] {
    (0..<raw.pointee.n_types).map { text(raw.pointee.types[$0]) }
  }

  private func route(_ proto: Focal__Http__Route, canonical: RouteType?) -> RouteType {
    let paths = [
      ("GET", proto.get), ("POST", proto.post), ("PUT", proto.put), ("PATCH", proto.patch),
      ("DELETE", proto.delete_),
    ].filter { $0.1 != nil }.map { (verb: $0.0, path: text($0.1)) }
    var cookie: RouteType.Cookie?
    if let raw = proto.cookie {
      cookie = RouteType.Cookie(
        name: text(raw.pointee.name), set: raw.pointee.set.map { text($0) },
        maxAge: raw.pointee.max_age.map { text($0) }, clears: raw.pointee.clear != 0)
    }
    return RouteType(
      paths: paths, isAlias: canonical != nil,
      auth: proto.has_auth != 0
        ? RouteType.Auth(rawValue: Int32(proto.auth.rawValue)) ?? .user : canonical?.auth ?? .user,
      rateClass: proto.rate != nil
        ? text(proto.rate)
        : canonical?.rateClass ?? (paths.first?.verb == "GET" ? "read" : "write"),
      status: proto.has_status != 0 ? proto.status : canonical?.status ?? 200,
      passesClient: proto.has_client != 0 ? proto.client != 0 : canonical?.passesClient ?? false,
      names: (0..<proto.n_names).map { text(proto.names[$0]) }, cookie: cookie,
      upload: rawBody(proto.upload) ?? canonical?.upload,
      download: rawBody(proto.download) ?? canonical?.download,
      hasAliasesOfItsOwn: canonical != nil && proto.n_also > 0)
  }
}
