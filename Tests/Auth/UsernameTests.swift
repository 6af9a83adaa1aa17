import Testing

@testable import Auth

struct UsernameTests {
  @Test(arguments: ["ann", "Ann_Lee-2.0", String(repeating: "a", count: 50)])
  func takesNames(_ text: String) throws {
    let name = try Username(parsing: text)
    #expect(name.text == text)
    #expect(name.key == text.lowercased())
  }

  @Test(arguments: [
    ("ab", "min_len"), (String(repeating: "a", count: 51), "max_len"), ("ann lee", "characters"),
    ("ännchen", "characters"), ("ann@home", "characters"), ("ann\u{0}x", "characters"),
  ])
  func refusesOtherTexts(_ text: String, _ code: String) {
    let error = #expect(throws: RuleViolation.self) { try Username(parsing: text) }
    #expect(error?.violation.field == "username")
    #expect(error?.violation.code == code)
  }

  @Test(arguments: [
    ("ann@example.com", "ann"), ("Ann.Lee+news@example.com", "Ann.Lee"), ("a@b.c", "user-a"),
    ("äö@b.c", "user"), ("o'neil@b.c", "oneil"),
    (String(repeating: "a", count: 64) + "@b.c", String(repeating: "a", count: 50)),
  ])
  func isMadeOfTheEmail(_ email: String, _ name: String) throws {
    #expect(Username.derived(from: try Email(parsing: email)).text == name)
  }

  @Test func aSuffixFitsToo() throws {
    let email = try Email(parsing: String(repeating: "a", count: 64) + "@b.c")
    let name = Username.derived(from: email, suffix: "x1y2")
    #expect(name.text == String(repeating: "a", count: 45) + "-x1y2")
    #expect(try Username(parsing: name.text) == name)
  }

  @Test func whatIsDerivedIsAlwaysAName() throws {
    for scalar in UInt32(0x21)...0x2FF {
      guard let character = Unicode.Scalar(scalar), character != "@", scalar != 0x7F else {
        continue
      }
      let email = try Email(parsing: "\(character)@example.com")
      #expect(throws: Never.self) { try Username(parsing: Username.derived(from: email).text) }
    }
  }
}
