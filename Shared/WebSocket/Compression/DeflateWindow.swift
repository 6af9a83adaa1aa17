/// How far back a deflated message that we send may refer.
nonisolated struct DeflateWindow: Equatable, Sendable {
  /// 8 to 15.
  let bits: UInt8

  static let largest = DeflateWindow(bits: 15)

  /// Without context takeover no message refers further back than it is long: a message that fits may
  /// be deflated with any window; a longer one goes plain.
  var bytes: Int { bits == 15 ? .max : 1 << Int(bits) }
}
