/// Bounds of one request. All sizes are bytes on the wire.
nonisolated public struct HTTPLimits: Sendable {
  /// The request target; past it the answer is 414.
  public var targetBytesMax: Int
  /// The whole head, blank line included, at most 65,535; past it the answer is 431.
  public var headBytesMax: Int
  /// Header fields in a head, and trailer fields after a chunked body; past it 431.
  public var fieldCountMax: Int
  /// One chunk's size line with its extensions; past it 400.
  public var chunkLineBytesMax: Int
  /// Extensions of all chunks of a body together: they carry nothing, so much of them is abuse.
  public var chunkExtensionBytesMax: Int

  public init(
    targetBytesMax: Int = 8 << 10, headBytesMax: Int = 32 << 10, fieldCountMax: Int = 100,
    chunkLineBytesMax: Int = 256, chunkExtensionBytesMax: Int = 16 << 10
  ) {
    precondition(headBytesMax <= Int(UInt16.max), "offsets in a head are 16 bits wide")
    self.targetBytesMax = targetBytesMax
    self.headBytesMax = headBytesMax
    self.fieldCountMax = fieldCountMax
    self.chunkLineBytesMax = chunkLineBytesMax
    self.chunkExtensionBytesMax = chunkExtensionBytesMax
  }
}
