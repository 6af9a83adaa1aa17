import Testing

@testable import Gamification

struct TimelineTests {
  @Test func entriesReadAsSentences() {
    func text(_ kind: TimelineEvent.Kind, name: String? = nil, seconds: Int = 0) -> String {
      TimelineEvent(id: "", kind: kind, subjectID: "", at: 0, name: name, seconds: seconds).text
    }
    #expect(text(.work, seconds: 1500) == "Focused for 25 minutes")
    #expect(text(.work, seconds: 1) == "Focused for 1 second")
    #expect(text(.rest, seconds: 119) == "Took a break of 1 minute")
    #expect(text(.entry, seconds: 3600) == "Logged 60 minutes")
    #expect(text(.entry, name: "Thesis", seconds: 3600) == "Logged 60 minutes on Thesis")
    #expect(text(.badge, name: "First Focus") == "Badge earned: First Focus")
  }

  @Test func progressIsOneOnlyWhereItIsEarned() {
    var standing = BadgeStanding(
      id: "", place: 1, name: "", description: "", category: 2, kind: 2, value: 60,
      requirement: 3600, points: 10, measure: 3599)
    #expect(standing.progress < 1)
    #expect(standing.progressValue == 59)
    standing.measure = 3600
    #expect(standing.progress == 1)
    #expect(standing.progressValue == 60)
    standing.measure = 7200
    #expect(standing.progress == 1)
    #expect(standing.progressValue == 120)
  }
}
