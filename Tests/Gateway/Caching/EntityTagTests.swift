import Testing

@testable import Gateway

struct EntityTagTests {
  private func named(_ header: String, _ body: String) -> Bool {
    Array(header.utf8).withUnsafeBytes { EntityTag(Array(body.utf8)).isNamed(by: $0) }
  }

  @Test func theTextIsTheSameInEveryProcess() {
    #expect(EntityTag(Array("{}".utf8)).text == EntityTag(Array("{}".utf8)).text)
    #expect(EntityTag([]).text.utf8.count == 13)
    #expect(EntityTag([]).text.hasPrefix("\"") && EntityTag([]).text.hasSuffix("\""))
  }

  @Test func anyChangeOfAByteChangesIt() {
    for count in [1, 7, 8, 15, 16, 17, 32, 600] {
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      var seen: Set<String> = [EntityTag(body).text]
      for index in body.indices {
        for bit in 0..<8 {
          var changed = body
          changed[index] ^= 1 << bit
          #expect(seen.insert(EntityTag(changed).text).inserted)
        }
      }
      #expect(seen.insert(EntityTag(body + [0]).text).inserted)
      #expect(seen.insert(EntityTag(Array(body.dropLast())).text).inserted)
    }
  }

  @Test func zerosOfAnyLengthDiffer() {
    let tags = (0..<200).map { EntityTag([UInt8](repeating: 0, count: $0)).text }
    #expect(Set(tags).count == 200)
  }

  @Test func aHeaderNamesIt() {
    let tag = EntityTag(Array("{}".utf8)).text
    for header in [tag, "*", "\"x\", \(tag)", "\"x\",W/\(tag) , \"y\"", " \(tag)"] {
      #expect(named(header, "{}"))
    }
    for header in ["", "\"x\"", String(tag.dropLast()), "x" + tag, "\(tag)x", "W/", ",", "**"] {
      #expect(!named(header, "{}"))
    }
  }
}
