import Testing

@testable import Auth

struct EmailTests {
  @Test(arguments: [
    "ann@example.com", "a@b.c", "ann+tag@mail.example.org", "änn@exämple.de", "o'neil@x.co",
  ])
  func takesAddresses(_ text: String) throws {
    #expect(try Email(parsing: text).text == text)
  }

  @Test(arguments: [
    "", "nobody", "@example.com", "ann@", "ann@example", "a@b@c.de", "ann @example.com",
    "ann@example..com", "ann@.com", "ann@example.", "ann\u{0}@example.com", "ann@exam\nple.com",
  ])
  func refusesOtherTexts(_ text: String) {
    #expect(throws: RuleViolation("email", "email", "is not an email address")) {
      try Email(parsing: text)
    }
  }

  @Test func lengthsAreBounded() throws {
    let local = String(repeating: "a", count: 64)
    let domain = String(repeating: "b", count: 254 - 65 - 4) + ".com"
    #expect(try Email(parsing: "\(local)@\(domain)").text.utf8.count == 254)
    #expect(throws: RuleViolation.self) { try Email(parsing: "\(local)@b\(domain)") }
    #expect(throws: RuleViolation.self) { try Email(parsing: "a\(local)@example.com") }
  }

  @Test func comparesWithoutRegardToCase() throws {
    #expect(try Email(parsing: "Ann@Example.COM").key == "ann@example.com")
    #expect(Email.key(of: "ÄNN@example.com") == "änn@example.com")
  }
}
