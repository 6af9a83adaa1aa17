import EventLoop
import Glibc

/// A mail of plain text to one person.
public nonisolated struct Mail: Sendable {
  public let from: MailAddress
  public let to: MailAddress
  public let subject: String
  public let text: String
  /// Milliseconds since the epoch.
  public let sentAt: Int64
  /// Without the angle brackets.
  public let id: String

  static let subjectBytesMax = 500
  static let textBytesMax = 64 << 10

  /// Throws `invalid` for an address that is none, or a text that is too long.
  public init(
    from: MailAddress, to: String, subject: String, text: String,
    sentAt: Int64 = WallClock.milliseconds
  ) throws(CourierError) {
    guard let to = MailAddress(to), to.name.isEmpty else {
      throw CourierError(.invalid, "the recipient is no address")
    }
    guard subject.utf8.count <= Self.subjectBytesMax, text.utf8.count <= Self.textBytesMax,
      subject.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      throw CourierError(.invalid, "the mail is too long, or its subject has more than a line")
    }
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.sentAt = sentAt
    let number = String(UInt64.random(in: 0 ... .max), radix: 36)
    id = "\(String(sentAt, radix: 36)).\(number)@\(from.domain)"
  }

  /// As RFC 5322 and MIME write it: ASCII, lines that end with CR LF.
  public var bytes: [UInt8] {
    let body = MailText.body(text)
    let sender =
      from.name.isEmpty
      ? from.address : "\(Self.phrase(from.name)) <\(from.address)>"
    let head = [
      "Date: \(Self.date(sentAt))",
      "From: \(sender)",
      "To: \(to.address)",
      "Message-ID: <\(id)>",
      "Subject: \(MailText.header(subject))",
      // Nobody's holiday notice should answer (RFC 3834).
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: \(body.encoding)",
      "", "",
    ]
    return Array(head.joined(separator: "\r\n").utf8) + body.bytes
  }

  /// A name before an address: quoted, since it may have any sign of punctuation.
  private static func phrase(_ name: String) -> String {
    let text = MailText.header(name)
    guard text == name else { return text }
    let escaped = name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
    return "\"\(String(escaped))\""
  }

  /// "Sat, 21 Nov 2026 14:35:58 +0000".
  static func date(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(days[Int(parts.tm_wday)]), \(parts.tm_mday) \(months[Int(parts.tm_mon)])"
    let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(day) \(parts.tm_year + 1900) \(time) +0000"
  }
}
