import EventLoop
import Observability
import Postgres

/// Sends the mails that wait in the database. A mail's row is written with the change that it tells
/// of, so that no acknowledged one is lost: what cannot be sent now is tried again, after a minute,
/// then after ever longer times, for three days.
public final class MailOutbox {
  public typealias Send = (_ mail: AccountMail) async throws -> Void

  private let store: MailStore
  private let send: Send
  private let now: () -> Int64
  private lazy var chore = Chore(every: Self.interval) { [weak self] in self?.wake() }
  private var isStopped = false
  private var workers = 0
  private let sentCount = Metrics.shared.counter("mails_sent_total", "Mails that were sent.")
  private let failedCount = Metrics.shared.counter(
    "mails_failed_total", "Attempts to send a mail that failed.")

  private static let interval = Duration.seconds(2)
  private static let workersMax = 4
  private static let attemptsMax = 72

  /// - Parameter send: returns when the mail was taken; throws when it has to be tried again.
  public init(
    pool: PostgresPool, now: @escaping () -> Int64 = { WallClock.milliseconds },
    send: @escaping Send
  ) {
    store = MailStore(pool)
    self.now = now
    self.send = send
  }

  /// Begins to look for what is due.
  public func start() { chore.start() }

  public func stop() {
    isStopped = true
    chore.stop()
  }

  /// A mail was written: nobody has to wait for the next look.
  func wake() {
    guard workers < Self.workersMax, !isStopped else { return }
    workers += 1
    Task {
      await sendAll()
      workers -= 1
    }
  }

  /// Sends what is due, one mail after another.
  func sendAll() async {
    do {
      while !isStopped, let mail = try await store.take(now: now()) { try await handle(mail) }
    } catch {
      Log.shared.debug("mails not sent", ["error": .error(error)])
    }
  }

  private func handle(_ mail: MailStore.Due) async throws {
    let token = OneTimeToken()
    guard mail.userID != nil,
      let person = try await store.address(mail, token, now: now())
    else { return try await store.remove(mail) }
    do {
      try await send(
        AccountMail(mail.kind, to: person.email, username: person.username, token: token.text))
      sentCount.increment()
    } catch {
      failedCount.increment()
      let isLast = mail.attempts >= Self.attemptsMax
      Log.shared.warning(
        isLast ? "mail given up" : "mail not sent",
        ["mail": .string(mail.id), "attempt": .int(mail.attempts), "error": .error(error)])
      guard isLast else { return }
    }
    try await store.remove(mail)
  }
}
