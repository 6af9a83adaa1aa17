import Contracts
import Events
import Wire

extension Forum {
  private static let blockList: Character = "b"

  public func listBlocks(
    _ request: ListBlocksRequest, _ context: CallContext
  ) async throws -> BlockList {
    let limit = Int(request.limit ?? 20)
    var blocks = try await stores.blocks.page(
      of: context.userID, after: try cursor(request.cursor, of: Self.blockList)?.end,
      limit: limit + 1)
    let hasMore = blocks.count > limit
    if hasMore { blocks.removeLast() }
    let next = hasMore ? blocks.last : nil
    return BlockList(
      items: blocks,
      nextCursor: next.map {
        ListCursor(list: Self.blockList, end: .init(key: $0.createdAt, id: $0.userID)).text
      })
  }

  public func blockUser(_ request: BlockUserRequest, _ context: CallContext) async throws -> Block {
    let userID = try context.userID
    let blockedID = request.userID.lowercased()
    guard blockedID != userID else { throw Refusal.oneself }
    try await users.know(userID, context)
    try await users.know(blockedID, context)
    let changedAt = try await setBlock(blockedID, isBlocked: true, context)
    return Block(
      userID: blockedID, username: try await stores.users.name(of: blockedID),
      createdAt: changedAt)
  }

  public func unblockUser(
    _ request: BlockUserRequest, _ context: CallContext
  ) async throws -> Empty {
    _ = try await setBlock(request.userID.lowercased(), isBlocked: false, context)
    return Empty()
  }

  /// Since when it is so.
  private func setBlock(
    _ blockedID: String, isBlocked: Bool, _ context: CallContext
  ) async throws -> Int64 {
    let userID = try context.userID
    return try await untilUndisturbed {
      let pair = try await stores.blocks.pair(userID, blockedID)
      guard pair.isBlocked != isBlocked else { return pair.changedAt }
      if isBlocked, try await stores.blocks.count(of: userID) >= CommunityRules.blocksMax {
        throw Refusal.tooManyBlocks
      }
      let now = now()
      let event = try Event(
        topic: Self.blockTopic,
        BlockChanged(
          blockerID: userID, blockedID: blockedID, blocked: isBlocked, version: pair.version + 1))
      let isSet = try await stores.blocks.set(
        userID, blockedID, isBlocked: isBlocked, over: pair.version, at: now, event)
      guard isSet else { return nil }
      await deliver(event, context)
      return now
    }
  }
}
