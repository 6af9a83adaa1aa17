import Contracts

extension Badge {
  init(_ standing: BadgeStanding) {
    self.init(
      id: standing.id, name: standing.name, description: standing.description,
      imageURL: "/api/v1/badges/\(standing.id)/image",
      criteria: BadgeCriteria(
        kind: RequirementType(number: standing.kind), value: UInt32(clamping: standing.value)),
      awardedAt: standing.awardedAt, progress: standing.progress,
      progressValue: UInt32(clamping: standing.progressValue),
      requirementValue: UInt32(clamping: standing.value))
  }
}

extension Achievement {
  init(_ standing: BadgeStanding) {
    self.init(
      id: standing.id, name: standing.name, description: standing.description,
      category: AchievementCategory(number: standing.category),
      requirementType: RequirementType(number: standing.kind),
      requirementValue: UInt32(clamping: standing.value),
      points: UInt32(clamping: standing.points))
  }
}

extension UserAchievement {
  /// - Parameter isOwn: of others, no more is told than that they have it.
  init(_ standing: BadgeStanding, of userID: String, isOwn: Bool) {
    self.init(
      achievement: Achievement(standing), userID: userID, achievementID: standing.id,
      unlockedAt: standing.awardedAt,
      progress: UInt32(clamping: isOwn ? standing.progressValue : standing.value),
      progressPercent: isOwn ? standing.progress * 100 : 100)
  }
}

extension Leaderboard {
  init(_ rankedBy: RankedBy, _ window: BoardWindow) {
    let span: LeaderboardWindow =
      switch window.span {
      case .day: .today
      case .week: .week
      case .month: .month
      case .overall: .overall
      }
    self.init(
      by: LeaderboardBy(number: rankedBy.rawValue), window: span, startsAt: window.startsAt,
      resetsAt: window.resetsAt)
  }
}

extension Standing {
  /// Of what is ranked by, the place's own score counts: the figures may be a moment younger.
  init(_ place: Ranking.Place, by rankedBy: RankedBy, _ figures: BoardStore.Figures) {
    let seconds = rankedBy == .time ? place.score : figures.seconds
    self.init(
      rank: UInt32(clamping: place.rank), userID: place.userID, username: figures.username ?? "",
      image: figures.image, totalSeconds: UInt32(clamping: seconds),
      totalMinutes: Double(seconds) / 60, sessions: UInt32(clamping: figures.sessions),
      badges: UInt32(clamping: rankedBy == .badges ? place.score : figures.badges),
      points: UInt32(clamping: rankedBy == .points ? place.score : figures.points))
  }
}

extension TimelineEntry {
  init(_ event: TimelineEvent, of userID: String) {
    self.init(
      id: event.id, userID: userID, kind: event.kind.name, subjectID: event.subjectID,
      text: event.text, createdAt: event.at)
  }
}
