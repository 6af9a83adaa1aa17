import Testing

@testable import Telemetry

@Suite struct SentryDSNTests {
  @Test(arguments: [
    ("https://abc@sentry.example/42", "https://sentry.example/api/42/envelope/"),
    ("http://abc@127.0.0.1:9000/1", "http://127.0.0.1:9000/api/1/envelope/"),
    ("https://abc:def@sentry.example/a/b/7", "https://sentry.example/a/b/api/7/envelope/"),
    ("https://abc@[::1]:9000/1", "https://[::1]:9000/api/1/envelope/"),
  ])
  func knowsWhereEventsGo(text: String, url: String) throws {
    #expect(try SentryDSN(parsing: text).envelopeURL == url)
  }

  @Test func provesItselfByTheKey() throws {
    let plain = try SentryDSN(parsing: "https://abc@sentry.example/42")
    #expect(
      plain.authorization(client: "focal/1")
        == "Sentry sentry_version=7, sentry_client=focal/1, sentry_key=abc")
    let old = try SentryDSN(parsing: "https://abc:def@sentry.example/42")
    #expect(old.authorization(client: "focal/1").hasSuffix("sentry_key=abc, sentry_secret=def"))
  }

  @Test(arguments: [
    "", "sentry", "ftp://abc@sentry.example/42", "https://sentry.example/42",
    "https://@sentry.example/42", "https://abc@/42", "https://abc@sentry.example",
    "https://abc@sentry.example/", "https://abc@sentry.example/x", "https://abc@a@b/42",
    "https://abc@sentry.example/42?x=1", "https://abc@sentry.example/42#x",
    "https://abc@sentry.example:0/42", "https://abc@sentry.example:99999/42",
    "https://abc@sentry.example:80:90/42", "https://a b@sentry.example/42",
    "https://abc@sentry.example/../42", "https://abc@sentry.example//42",
    "https://abc\r\nX: y@sentry.example/42", "https://a:b:c@sentry.example/42",
    "https://abc@[::1/42", "https://abc@[]/42",
  ])
  func refusesWhatIsNone(text: String) {
    #expect(throws: SentryDSN.Fault.self) { try SentryDSN(parsing: text) }
  }

  @Test func tellsNothingOfTheKeyInAFault() {
    do {
      _ = try SentryDSN(parsing: "https://verysecret@sentry.example/x")
      Issue.record("it is none")
    } catch {
      #expect(!error.text.contains("verysecret"))
    }
  }
}
