/// The kinds of notifications that a user does not want: bit n stands for the contract's kind n.
nonisolated struct MutedKinds: Hashable, Sendable {
  var bits: Int32

  init(bits: Int32 = 0) { self.bits = bits }

  /// Whether notifications of a kind are listed.
  func wants(_ kind: Int32) -> Bool { bits >> kind & 1 == 0 }

  /// What a change of wishes mutes and unmutes; kinds that are nil stay as they are.
  static func change(_ wishes: [(kind: Int32, isWanted: Bool?)]) -> (muted: Int32, unmuted: Int32) {
    var change: (muted: Int32, unmuted: Int32) = (0, 0)
    for wish in wishes {
      switch wish.isWanted {
      case true?: change.unmuted |= 1 << wish.kind
      case false?: change.muted |= 1 << wish.kind
      case nil: break
      }
    }
    return change
  }
}
