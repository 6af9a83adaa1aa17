/// A whole message. The bytes are valid until the handler returns.
public enum WebSocketMessage {
  /// Valid UTF-8.
  case text(UnsafeRawBufferPointer)
  case binary(UnsafeRawBufferPointer)
}
