import Wire

/// A mail of auth, in words.
public nonisolated struct AccountMail: Hashable, Sendable {
  public let to: String
  public let subject: String
  /// With the token: never to be logged.
  public let text: String

  init(_ kind: MailKind, to address: String, username: String, token: Secret) {
    to = address
    switch kind {
    case .verifyEmail:
      subject = "Confirm your email address"
      text = """
        Hello \(username),

        somebody, hopefully you, has registered this address with Focal. This is the token that
        confirms it. It is good once, for an hour:

        \(token.reveal())

        The app asks for it; a script sends it as {"token": …} to POST /api/v1/auth/email/verify.

        If it was not you, nothing has to be done.

        """
    case .resetPassword:
      subject = "A new password for Focal"
      text = """
        Hello \(username),

        somebody, hopefully you, has asked for a new password. This is the token that sets one. It is
        good once, for an hour:

        \(token.reveal())

        The app asks for it; a script sends it as {"token": …, "new_password": …} to
        POST /api/v1/auth/password/reset.

        If it was not you, nothing has to be done: your password stays what it is.

        """
    }
  }
}
