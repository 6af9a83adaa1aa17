import Testing

@testable import Community

struct CommunityRulesTests {
  @Test func aPageHoldsItsLimit() {
    #expect(CommunityRules.pageCount(of: [], limit: 3) == 0)
    #expect(CommunityRules.pageCount(of: [1, 1], limit: 3) == 2)
    #expect(CommunityRules.pageCount(of: [1, 1, 1, 1], limit: 3) == 3)
  }

  @Test func aPageEndsWhereItsTextsPassTheBound() {
    let half = CommunityRules.pageBytesMax / 2
    #expect(CommunityRules.pageCount(of: [half, half, half], limit: 3) == 2)
    #expect(CommunityRules.pageCount(of: [half, half + 1, half], limit: 3) == 1)
  }

  @Test func aPageHoldsOneAtTheLeast() {
    #expect(CommunityRules.pageCount(of: [CommunityRules.pageBytesMax + 1, 1], limit: 3) == 1)
  }

  @Test func theSameThingHasTheSameID() {
    let id = StableID.make("like", "a", "b")
    #expect(id == StableID.make("like", "a", "b"))
    #expect(id != StableID.make("like", "b", "a"))
    #expect(id.count == 36)
    // Version 8, variant 10.
    #expect(Array(id)[14] == "8")
    #expect("89ab".contains(Array(id)[19]))
  }
}
