import Configuration
import Courier
import EventLoopTesting
import Foundation
import Testing

@Suite struct MailSenderTests {
  @Test func deliversBySMTP() async throws {
    try await onLoop {
      let server = try SMTPFixture()
      defer { server.close() }
      try await sender(server).send(
        to: "ada@example.org", subject: "Hello", text: "First\n.hidden dot\n..two\nLast")
      #expect(server.senders == ["FROM:<focal@example.com>"])
      #expect(server.recipients == ["TO:<ada@example.org>"])
      let mail = try #require(server.mails.first)
      #expect(mail.contains("Subject: Hello\r\n"))
      #expect(mail.hasSuffix("\r\n\r\nFirst\r\n.hidden dot\r\n..two\r\nLast\r\n"))
      #expect(server.greetings == ["example.com"])
    }
  }

  @Test func signsIn() async throws {
    try await onLoop {
      let server = try SMTPFixture()
      defer { server.close() }
      let mail = sender(server, user: "ada:p%40ss@", more: ["SMTP_TLS": "off"])
      try await mail.send(to: "a@example.org", subject: "s", text: "t")
      #expect(server.signIns == ["AGFkYQBwQHNz"])
    }
  }

  @Test func keepsAPasswordOutOfTheClear() async throws {
    try await onLoop {
      let server = try SMTPFixture()
      defer { server.close() }
      let kind = await failure(sender(server, user: "ada:secret@"), to: "a@example.org")
      #expect(kind == .untrusted)
      #expect(server.signIns.isEmpty)
    }
  }

  @Test func tellsOfARefusal() async throws {
    try await onLoop {
      let server = try SMTPFixture()
      defer { server.close() }
      let kind = await failure(sender(server), to: "refused@example.org")
      #expect(kind == .refused)
      #expect(server.mails.isEmpty)
    }
  }

  @Test func tellsOfAServerThatIsAway() async throws {
    try await onLoop {
      let server = try SMTPFixture()
      let mail = sender(server)
      server.close()
      let kind = await failure(mail, to: "a@example.org")
      #expect(kind == .unreachable)
    }
  }

  @Test func writesFilesWithoutAServer() async throws {
    let folder = NSTemporaryDirectory() + "focal-mail-\(UInt32.random(in: 0 ... .max))"
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch {} }
    try await onLoop {
      let mail = MailSender(Environment(["FOCAL_STATE_DIR": folder]))
      for number in 0..<5 {
        try await mail.send(to: "a@example.org", subject: "Number \(number)", text: "t")
      }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/mail")
    #expect(names.count == 5)
    #expect(names.allSatisfy { $0.hasSuffix(".eml") && !$0.hasPrefix(".") })
    let bytes = try #require(FileManager.default.contents(atPath: "\(folder)/mail/\(names[0])"))
    #expect(String(decoding: bytes, as: UTF8.self).contains("To: a@example.org\r\n"))
  }

  @Test func reportsWrongSettings() throws {
    let environment = Environment(["MAIL_FROM": "nobody", "SMTP_URL": "http://x", "SMTP_TLS": "no"])
    _ = MailSender(environment)
    let error = #expect(throws: ConfigurationError.self) { try environment.finish() }
    #expect(error?.problems.count == 3)
  }

  private func sender(
    _ server: SMTPFixture, user: String = "", more: [String: String] = [:]
  ) -> MailSender {
    let url = "smtp://\(user)127.0.0.1:\(server.port)"
    let settings = ["SMTP_URL": url, "MAIL_FROM": "Focal <focal@example.com>"]
    return MailSender(Environment(settings.merging(more) { $1 }))
  }

  private func failure(_ mail: MailSender, to: String) async -> CourierError.Kind? {
    do {
      try await mail.send(to: to, subject: "s", text: "t")
      return nil
    } catch {
      return error.kind
    }
  }
}
