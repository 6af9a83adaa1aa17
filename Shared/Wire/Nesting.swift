import CProtobufC

/// Refuses bytes whose messages lie deeper in each other than `left` levels, before protobuf-c
/// recurses into them. Bytes that are broken otherwise are left to protobuf-c to refuse.
nonisolated func checkNesting(
  _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
  left: Int
) throws(WireError) {
  if left <= 0 { throw .tooDeep }
  var scanner = FieldScanner(bytes)
  while let field = scanner.next() {
    guard let content = field.content,
      let known = protobuf_c_message_descriptor_get_field(descriptor, field.number),
      known.pointee.type == PROTOBUF_C_TYPE_MESSAGE, let inner = known.pointee.descriptor
    else { continue }
    try checkNesting(
      content, inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), left: left - 1)
  }
}
