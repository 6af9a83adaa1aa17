/// What a mail of auth is for. Its token is good once, and for a while.
nonisolated enum MailKind: String {
  case verifyEmail = "verify_email"
  case resetPassword = "reset_password"

  static let tokenLifetimeMilliseconds: Int64 = 3_600_000
  /// Mails of one kind that an account gets within the lifetime; further ones are dropped, so that
  /// nobody can fill another's mailbox.
  static let perLifetimeMax = 5
}
