import CArena
import CProtobufC

/// Bodies that are one field of their message, not JSON.
nonisolated extension Transcoder {
  /// The call's body of an upload: the request's body as it is, its media type, and the path.
  ///
  /// - Parameters:
  ///   - type: one of the route's.
  ///   - path: as of `request`.
  public func upload(
    _ route: Route, _ upload: Route.RawBody, body: UnsafeRawBufferPointer, type: StaticString,
    path: [UnsafeRawBufferPointer] = [], _ arena: borrowing Arena
  ) throws(RequestFailure) -> [UInt8] {
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    arena.bound(toMessageOf: 0)
    let plan = UnsafePointer(table.messages + route.input)
    var binder = RequestBinder(table, JSONReader(trusted: empty))
    let message: UnsafeMutableRawPointer
    do throws(JSONError) {
      message = try binder.make(plan, arena)
      guard try binder.path(path, route.pathFields, of: message, plan, arena) else {
        throw binder.reader.error("")
      }
    } catch {
      throw .notFound
    }
    func put(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
      let data = ProtobufCBinaryData(
        len: bytes.count,
        data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
          .assumingMemoryBound(to: UInt8.self))
      (message + plan.pointee.fields[index].offset)
        .storeBytes(of: data, as: ProtobufCBinaryData.self)
    }
    if body.isEmpty {
      let field = plan.pointee.fields[upload.field].nameText
      throw .violations([FieldViolation(field: field, code: "required", message: "is empty")])
    }
    put(upload.field, body)
    put(
      upload.typeField,
      UnsafeRawBufferPointer(start: type.utf8Start, count: type.utf8CodeUnitCount))
    return pack(message.assumingMemoryBound(to: ProtobufCMessage.self))
  }

  /// A bytes field of an answer; nil: it is absent or empty. It lies in `bytes`.
  public func content(
    _ field: Int, of route: Route, _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    last(field, of: route, bytes)?.content
  }
}
