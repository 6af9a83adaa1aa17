import Configuration
import EventLoop
import Observability
import Wire

/// Sends Focal's mails, by SMTP or, where no server is set, into a folder.
///
///     let mail = MailSender(host.environment)
///     try await mail.send(to: account.email, subject: "Confirm your address", text: "…")
public final class MailSender {
  private enum Carrier: Sendable {
    case server(SMTPServer)
    case folder(FileStore)
  }

  private let carrier: Carrier
  private let from: MailAddress
  private let pool = BlockingPool(threads: 2, queueLimit: 256)
  private let metrics = CourierMetrics("mail")

  /// Of one mail, from the first byte to the server's last word.
  private static let timeLimit = Duration.seconds(30)

  /// By `SMTP_URL` (`smtp://user:password@host:port`, `smtps://…`), `SMTP_TLS` (`required`,
  /// `opportunistic`, `off`) and `MAIL_FROM`. Without `SMTP_URL`, mails are files in
  /// `<FOCAL_STATE_DIR>/mail/`.
  public init(_ environment: Environment) {
    let given = environment.optionalString("MAIL_FROM")
    let from = given.flatMap { MailAddress($0) }
    if given != nil, from == nil { environment.report("MAIL_FROM", "is no mail address") }
    self.from = from ?? .fallback
    if let url = environment.optionalSecretURL("SMTP_URL", schemes: ["smtp", "smtps"]) {
      // A password never goes out in the clear unless the operator says so.
      let hasPassword = url.reveal().contains("@")
      let encryption = environment.choice(
        "SMTP_TLS", default: hasPassword ? SMTPServer.Encryption.required : .opportunistic)
      carrier = .server(
        SMTPServer(
          url: url, encryption: encryption,
          authorities: environment.optionalString("SMTP_CA")))
    } else {
      let state = environment.string("FOCAL_STATE_DIR", default: ".focal")
      carrier = .folder(FileStore(folder: "\(state)/mail"))
    }
  }

  /// Returns when the server has taken the mail, or the file is written.
  ///
  /// - Throws: `CourierError`: `invalid` for what can be no mail, `refused` where the server does
  ///   not take it, otherwise what may pass.
  public func send(to: String, subject: String, text: String) async throws(CourierError) {
    let startedAt = EventLoop.shared.now
    do {
      try await carry(try Mail(from: from, to: to, subject: subject, text: text))
      metrics.ended("answered", nanoseconds: EventLoop.shared.now &- startedAt)
    } catch {
      metrics.ended(error.kind.rawValue, nanoseconds: EventLoop.shared.now &- startedAt)
      throw error
    }
  }

  private func carry(_ mail: Mail) async throws(CourierError) {
    let carrier = carrier
    let cancellation = Cancellation()
    let deadline = Deadline.after(Self.timeLimit)
    do {
      try await withTaskCancellationHandler {
        try await pool.run {
          switch carrier {
          case .server(let server):
            guard !cancellation.isCancelled else { throw CourierError.cancelled }
            try server.deliver(mail, timeLimit: deadline.remaining, unless: cancellation)
          case .folder(let folder):
            try folder.write(mail.bytes, to: "\(mail.id.prefix { $0 != "@" }).eml")
          }
        }
      } onCancel: {
        cancellation.cancel()
      }
    } catch let error as CourierError {
      throw error
    } catch is BlockingPool.Full {
      throw CourierError(.overloaded, "too many mails wait already")
    } catch {
      throw CourierError(.failed, "\(error)")
    }
  }
}
