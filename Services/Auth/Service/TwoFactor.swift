import Contracts
import Security
import Wire

extension Accounts {
  private static let wrongCode = RPCError(
    .permissionDenied, "wrong_code", "The code is wrong, or was used.")
  private static let isOn = RPCError(
    .failedPrecondition, "totp_enabled", "Two-factor login is on; turn it off first.")
  private static let isOff = RPCError(
    .failedPrecondition, "totp_not_enabled", "Two-factor login is off.")
  private static let tooManyCodes = RPCError(
    .resourceExhausted, "rate_limited", "Too many wrong codes; wait a quarter of an hour.",
    retryAfter: .milliseconds(CodeAttempts.windowMilliseconds))

  /// Takes a code of the authenticator or a recovery code, once; false where it is neither. Throws
  /// 429 after too many.
  func spend(
    _ code: Secret, of userID: String, _ context: CallContext
  ) async throws -> Bool {
    let now = now()
    guard let secret = try await totp.attempt(for: userID, now: now, context) else {
      throw Self.tooManyCodes
    }
    if let hash = RecoveryCode.hash(of: code) {
      return try await totp.spend(recoveryCode: hash, for: userID, context)
    }
    let digits = Self.digits(of: code)
    guard let bytes = secret.bytes,
      let step = TOTP(secret: bytes).step(of: digits, now: now, after: secret.lastStep)
    else { return false }
    return try await totp.spend(step: step, for: userID, context)
  }

  /// People type the blank that their authenticator shows.
  private static func digits(of code: Secret) -> String { code.reveal().filter { $0 != " " } }

  public func enableTotp(
    _ request: EnableTotpRequest, _ context: CallContext
  ) async throws -> TotpEnrolment {
    let caller = try context.inPerson()
    guard let account = try await accounts.account(caller.userID, context) else {
      throw RPCError(.notFound, "user_not_found", "There is no such user.")
    }
    let secret = RandomBytes.make(TOTP.secretBytes)
    guard try await totp.propose(secret, for: caller.userID, context) else { throw Self.isOn }
    let text = Base32.encode(secret)
    return TotpEnrolment(
      secret: Secret(text), otpauthURL: Secret(OtpauthURL.make(account.email, secret: text)))
  }

  public func confirmTotp(
    _ request: ConfirmTotpRequest, _ context: CallContext
  ) async throws -> RecoveryCodes {
    let caller = try context.inPerson()
    guard let credentials = try await accounts.credentials(of: caller.userID, context),
      !credentials.hasTOTP
    else { throw Self.isOn }
    let now = now()
    guard let secret = try await totp.attempt(for: caller.userID, now: now, context) else {
      throw try await totp.exists(for: caller.userID, context) ? Self.tooManyCodes : Self.isOff
    }
    guard let bytes = secret.bytes,
      let step = TOTP(secret: bytes).step(
        of: Self.digits(of: request.code), now: now, after: secret.lastStep)
    else {
      throw RPCError(
        .invalidArgument, "wrong_code", "The code is wrong.",
        violations: [.init(field: "code", code: "wrong", message: "is not the authenticator's")])
    }
    let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode() }
    guard
      try await totp.enable(
        for: caller.userID, secret: secret.stored, step: step, codes, now: now, context)
    else { throw Self.isOn }
    return RecoveryCodes(recoveryCodes: codes.map(\.text))
  }

  public func disableTotp(
    _ request: DisableTotpRequest, _ context: CallContext
  ) async throws -> Acknowledgement {
    let caller = try context.inPerson()
    guard let credentials = try await accounts.credentials(of: caller.userID, context),
      credentials.hasTOTP
    else { throw Self.isOff }
    if let code = request.code, !code.isEmpty {
      guard try await spend(code, of: caller.userID, context) else { throw Self.wrongCode }
    } else if let password = request.password, !password.isEmpty {
      _ = try await confirm(password, of: caller.userID, context)
    } else {
      throw RPCError.invalid([
        .init(field: "password", code: "required", message: "or a code is required"),
        .init(field: "code", code: "required", message: "or the password is required"),
      ])
    }
    guard try await totp.disable(for: caller.userID, now: now(), context) else { throw Self.isOff }
    return Acknowledgement(message: "Two-factor login is off.")
  }
}
