import Contracts
import Wire

extension Progress {
  public func listBadges(
    _ request: ListBadgesRequest, _ context: CallContext
  ) async throws -> BadgeList { throw Self.notThere }

  public func claimBadge(
    _ request: ClaimBadgeRequest, _ context: CallContext
  ) async throws -> Badge { throw Self.notThere }

  public func createAchievement(
    _ request: CreateAchievementRequest, _ context: CallContext
  ) async throws -> Achievement { throw Self.notThere }

  public func listAchievements(
    _ request: ListAchievementsRequest, _ context: CallContext
  ) async throws -> AchievementList { throw Self.notThere }

  public func listCategory(
    _ request: ListCategoryRequest, _ context: CallContext
  ) async throws -> AchievementList { throw Self.notThere }

  public func listUserAchievements(
    _ request: ListUserAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList { throw Self.notThere }

  public func listAchievementProgress(
    _ request: ListUserAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList { throw Self.notThere }

  public func checkAchievements(
    _ request: CheckAchievementsRequest, _ context: CallContext
  ) async throws -> UserAchievementList { throw Self.notThere }

  public func getLeaderboard(
    _ request: GetLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard { throw Self.notThere }

  public func getOverallLeaderboard(
    _ request: GetOverallLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard { throw Self.notThere }

  public func getTodayLeaderboard(
    _ request: GetTodayLeaderboardRequest, _ context: CallContext
  ) async throws -> Leaderboard { throw Self.notThere }

  public func getHeatmap(
    _ request: GetHeatmapRequest, _ context: CallContext
  ) async throws -> Heatmap { throw Self.notThere }

  public func getDistribution(
    _ request: GetDistributionRequest, _ context: CallContext
  ) async throws -> Distribution { throw Self.notThere }

  public func getTimeline(
    _ request: GetTimelineRequest, _ context: CallContext
  ) async throws -> Timeline { throw Self.notThere }

  private static let notThere = RPCError(.unimplemented, "unimplemented", "Not there yet.")
}
