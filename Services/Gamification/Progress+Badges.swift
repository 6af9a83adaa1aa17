import Contracts
import Security
import Wire

/// Badges and achievements: the same definitions and awards in two views.
extension Progress {
  public func listBadges(
    _ request: ListBadgesRequest, _ context: CallContext
  ) async throws -> BadgeList {
    try await requireAccount(context.userID, context)
    let page = try await page(
      .init(userID: context.userID), limit: request.limit, cursor: request.cursor)
    return BadgeList(items: page.items.map(Badge.init), nextCursor: page.next)
  }

  public func getBadgeImage(
    _ request: GetBadgeImageRequest, _ context: CallContext
  ) async throws -> BadgeImage {
    guard let picture = try await badges.picture(request.id) else { throw Self.noBadge }
    return BadgeImage(svg: Array(picture.svg.utf8), type: "image/svg+xml")
  }

  public func claimBadge(
    _ request: ClaimBadgeRequest, _ context: CallContext
  ) async throws -> Badge {
    let userID = try context.userID
    try await requireAccount(userID, context)
    await settle(checked: try await badges.check(userID), of: userID, context)
    guard let badge = try await badges.badge(request.badgeID, of: userID) else {
      throw Self.noBadge
    }
    guard badge.awardedAt != nil else {
      throw RPCError(
        .invalidArgument, "not_reached", "The milestone is not reached.",
        violations: [
          FieldViolation(
            field: "badge_id", code: "not_reached",
            message: "is a badge of which \(badge.progressValue) of \(badge.value) is reached")
        ])
    }
    return Badge(badge)
  }

  public func createAchievement(
    _ request: CreateAchievementRequest, _ context: CallContext
  ) async throws -> Achievement {
    let badge = BadgeStanding(
      id: UUIDv7.makeText(), place: 0, name: request.name, description: request.description,
      category: request.category.rawValue, kind: request.requirementType.rawValue,
      value: Int(request.requirementValue), requirement: 0, points: Int(request.points ?? 10),
      measure: 0)
    let criteria =
      #"{"kind": "\#(request.requirementType.name)", "value": \#(request.requirementValue)}"#
    switch try await badges.add(badge, criteria: criteria) {
    case .added(let told): await tell(told, context)
    case .nameTaken:
      throw RPCError(.alreadyExists, "name_taken", "An achievement has this name already.")
    case .full:
      throw RPCError(
        .failedPrecondition, "too_many", "There are \(BadgeStore.badgesMax) achievements already.")
    }
    return Achievement(badge)
  }

  public func listAchievements(
    _ request: ListAchievementsRequest, _ context: CallContext
  ) async throws -> AchievementList {
    let page = try await page(.init(), limit: request.limit, cursor: request.cursor)
    return AchievementList(items: page.items.map(Achievement.init), nextCursor: page.next)
  }

  public func listCategory(
    _ request: ListCategoryRequest, _ context: CallContext
  ) async throws -> AchievementList {
    let page = try await page(
      .init(category: request.category.rawValue), limit: request.limit, cursor: request.cursor)
    return AchievementList(items: page.items.map(Achievement.init), nextCursor: page.next)
  }

  public func listUserAchievements(
    _ request: ListUserAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList {
    let userID = request.userID.lowercased()
    // Of an account that is not there, 404.
    try await requireAccount(userID, context)
    let isOwn = try context.userID == userID
    let page = try await page(
      .init(userID: userID, isEarned: true), limit: request.limit, cursor: request.cursor)
    return UserAchievementList(
      items: page.items.map { UserAchievement($0, of: userID, isOwn: isOwn) },
      nextCursor: page.next)
  }

  public func listAchievementProgress(
    _ request: ListUserAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList {
    let userID = try own(request.userID, context)
    try await requireAccount(userID, context)
    let page = try await page(
      .init(userID: userID), limit: request.limit, cursor: request.cursor)
    return UserAchievementList(
      items: page.items.map { UserAchievement($0, of: userID, isOwn: true) },
      nextCursor: page.next)
  }

  public func checkAchievements(
    _ request: CheckAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList {
    let userID = try own(request.userID, context)
    try await requireAccount(userID, context)
    await settle(checked: try await badges.check(userID), of: userID, context)
    let page = try await page(.init(userID: userID, isEarned: true), limit: nil, cursor: nil)
    return UserAchievementList(
      items: page.items.map { UserAchievement($0, of: userID, isOwn: true) },
      nextCursor: page.next)
  }

  private func own(_ userID: String, _ context: CallContext) throws(RPCError) -> String {
    let caller = try context.userID
    guard userID.lowercased() == caller else {
      throw RPCError(.permissionDenied, "not_yours", "Progress is shown to its owner only.")
    }
    return caller
  }

  /// A page of badges; all of them where no limit is given.
  private func page(
    _ filter: BadgeStore.Filter, limit: Int32?, cursor: String?
  ) async throws -> (items: [BadgeStanding], next: String?) {
    var filter = filter
    if let cursor {
      guard let place = Int32(cursor, radix: 36), place >= 0 else { throw RPCError.badCursor }
      filter.place = Int(place)
    }
    let limit = limit.map(Int.init) ?? BadgeStore.badgesMax
    filter.limit = limit + 1
    let badges = try await badges.badges(filter)
    guard badges.count > limit, let last = badges.prefix(limit).last else { return (badges, nil) }
    return (Array(badges.prefix(limit)), String(last.place, radix: 36))
  }

  private static let noBadge = RPCError(.notFound, "not_found", "There is no such badge.")
}
