/// A badge, and what one user has reached of it.
nonisolated struct BadgeStanding: Hashable, Sendable {
  var id: String
  /// Badges are listed in this order.
  var place: Int
  var name: String
  var description: String
  /// The values of the contract's `AchievementCategory`.
  var category: Int32
  /// The values of the contract's `RequirementType`.
  var kind: Int32
  /// As the criteria have it: of time, minutes.
  var value: Int
  /// The same in the unit of `measure`: of time, seconds.
  var requirement: Int
  var points: Int
  /// Milliseconds since the epoch; nil where it is not earned.
  var awardedAt: Int64?
  /// What the user has of that kind.
  var measure: Int

  /// 0 to 1; 1 only where it is earned.
  var progress: Double {
    requirement == 0 ? 1 : min(1, max(0, Double(measure) / Double(requirement)))
  }

  /// What is reached, in the unit of the criteria.
  var progressValue: Int { max(0, requirement == 0 ? value : measure * value / requirement) }
}
