import Contracts
import Security
import Wire

extension Accounts {
  private static let wrongPassword = RPCError(
    .permissionDenied, "wrong_password", "The password is wrong.")
  private static let invalidMailToken = RPCError(
    .invalidArgument, "invalid_token", "The token is not valid, or no longer.",
    violations: [.init(field: "token", code: "invalid", message: "is not valid, or no longer")])

  /// What a caller proves to be theirs by the password.
  func confirm(
    _ password: Secret, of userID: String, _ context: CallContext
  ) async throws -> Credentials {
    let found = try await accounts.credentials(of: userID, context)
    guard try await passwords.verify(password, found?.passwordHash), let found else {
      throw Self.wrongPassword
    }
    return found
  }

  public func changePassword(
    _ request: ChangePasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    let caller = try context.inPerson()
    try Self.check(new: request.newPassword)
    let credentials = try await confirm(request.currentPassword, of: caller.userID, context)
    let hash = try await passwords.hash(request.newPassword)
    let isDone = try await passwordStore.change(
      of: caller.userID, from: credentials.passwordHash, to: hash, keeping: caller.sessionID,
      now: now(), context)
    guard isDone else { throw Self.wrongPassword }
    return Acknowledgement(message: "The password is changed; all other devices are signed out.")
  }

  public func forgotPassword(
    _ request: ForgotPasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    try await passwordStore.askReset(
      emailKey: Email.key(of: request.email), id: UUIDv7.makeText(), now: now(), context)
    mails.wake()
    return Acknowledgement(
      message: "If there is an account with this email, a mail is on its way to it.")
  }

  public func resetPassword(
    _ request: ResetPasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    try Self.check(new: request.newPassword)
    guard let token = OneTimeToken(parsing: request.token),
      try await passwordStore.canReset(token, now: now(), context)
    else { throw Self.invalidMailToken }
    let hash = try await passwords.hash(request.newPassword)
    guard try await passwordStore.reset(by: token, to: hash, now: now(), context) else {
      throw Self.invalidMailToken
    }
    return Acknowledgement(message: "The password is set; all devices are signed out.")
  }

  public func verifyEmail(
    _ request: VerifyEmailRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    guard let token = OneTimeToken(parsing: request.token),
      try await passwordStore.verifyEmail(by: token, now: now(), context)
    else { throw Self.invalidMailToken }
    return Acknowledgement(message: "The email is confirmed.")
  }

  public func resendVerification(
    _ request: ResendVerificationRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    let caller = try context.inPerson()
    let isOnItsWay = try await passwordStore.askVerification(
      of: caller.userID, id: UUIDv7.makeText(), now: now(), context)
    guard isOnItsWay else { return Acknowledgement(message: "The email is confirmed already.") }
    mails.wake()
    return Acknowledgement(message: "A mail is on its way.")
  }

  private static func check(new password: Secret) throws(RPCError) {
    var check = RuleCheck()
    check.value { () throws(RuleViolation) in
      try PasswordRule.check(password, field: "new_password")
    }
    try check.finish()
  }
}
