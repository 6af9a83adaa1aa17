import Courier
import Testing

@Suite struct MailTests {
  private func text(
    subject: String = "Hello", _ body: String = "One line.", from: String = "Focal <f@example.com>"
  ) throws -> String {
    let from = try #require(MailAddress(from))
    let mail = try Mail(
      from: from, to: "ada@example.org", subject: subject, text: body, sentAt: 1_795_271_758_000)
    return String(decoding: mail.bytes, as: UTF8.self)
  }

  @Test func writesTheHeadersOfRFC5322() throws {
    let text = try text()
    #expect(text.hasPrefix("Date: Sat, 21 Nov 2026 14:35:58 +0000\r\n"))
    #expect(text.contains("\r\nFrom: \"Focal\" <f@example.com>\r\nTo: ada@example.org\r\n"))
    #expect(text.contains("\r\nSubject: Hello\r\n"))
    #expect(text.contains("@example.com>\r\n"))
    #expect(text.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"))
    #expect(text.hasSuffix("\r\n\r\nOne line.\r\n"))
  }

  @Test func keepsPlainTextReadable() throws {
    let link = "https://focal.example/reset?token=" + String(repeating: "a", count: 300)
    let text = try text("Open\n\(link)\r\n\nBye.")
    #expect(text.contains("Content-Transfer-Encoding: 7bit\r\n"))
    #expect(text.hasSuffix("\r\n\r\nOpen\r\n\(link)\r\n\r\nBye.\r\n"))
  }

  @Test func encodesWhatIsNotASCII() throws {
    let text = try text(subject: "Grüße an Zoë", "Zoë = 1 \nEnde")
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("Subject: =?utf-8?B?R3LDvMOfZSBhbiBab8Or?=\r\n"))
    #expect(text.contains("Content-Transfer-Encoding: quoted-printable\r\n"))
    #expect(text.hasSuffix("\r\n\r\nZo=C3=AB =3D 1=20\r\nEnde\r\n"))
  }

  @Test func foldsLongTexts() throws {
    let text = try text(
      subject: String(repeating: "é", count: 200), String(repeating: "é", count: 500))
    for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
      #expect(line.utf8.count <= 78)
    }
  }

  @Test(arguments: [
    "", "nobody", "@example.com", "a@", "a@b\r\nBcc: c@d", "a b@c", "a@b>, <c@d", "a,b@c", "<a@b",
    "Name <a@b.example>",
  ])
  func refusesWhatIsNoRecipient(address: String) throws {
    let from = try #require(MailAddress("f@example.com"))
    #expect(throws: CourierError.self) {
      _ = try Mail(from: from, to: address, subject: "s", text: "t")
    }
  }

  @Test func refusesASubjectOfTwoLines() throws {
    #expect(throws: CourierError.self) { _ = try text(subject: "a\r\nBcc: b@example.com") }
  }

  @Test func readsASender() throws {
    let named = try #require(MailAddress("\"A, B\" <a@b.example>"))
    #expect(named.name == "A, B")
    #expect(named.address == "a@b.example")
    #expect(named.domain == "b.example")
    #expect(MailAddress("a@b.example")?.name == "")
    #expect(MailAddress("Focal <nobody>") == nil)
  }
}
