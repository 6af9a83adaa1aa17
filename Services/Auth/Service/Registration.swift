import Contracts
import Events
import Security
import Wire

extension Accounts {
  private static let derivedNamesMax = 8

  public func register(
    _ request: RegisterRequest, _ context: CallContext
  ) async throws -> Tokens {
    var (account, namesItself) = try newAccount(request)
    let hash = try await passwords.hash(request.password)
    let now = account.createdAt
    let device = tokens.device(id: UUIDv7.makeText(), context.client, now: now)
    var attempt = 0
    while true {
      do {
        let event = try Event(changed: account)
        try await accounts.insert(account, passwordHash: hash, device, event, context)
        mails.wake()
        await outbox.deliver(event, context)
        return tokens.tokens(account, device, UserTotals(userID: account.id), now: now)
      } catch Taken.username where !namesItself && attempt < Self.derivedNamesMax {
        attempt += 1
        let suffix = String(UInt32.random(in: 0 ... .max), radix: 36)
        account.username = Username.derived(from: try Self.email(account), suffix: suffix).text
      } catch let taken as Taken {
        throw taken.callError
      }
    }
  }

  /// The account that a request asks for, and whether it gives the username.
  private func newAccount(_ request: RegisterRequest) throws -> (Account, namesItself: Bool) {
    var check = RuleCheck()
    let email = check.value { () throws(RuleViolation) in try Email(parsing: request.email) }
    check.value { () throws(RuleViolation) in try PasswordRule.check(request.password) }
    var wish = ProfileChange()
    wish.username = request.username
    wish.name = request.name
    wish.image = request.image
    wish.timezone = request.timezone
    wish.check(&check)
    try check.finish()
    guard let email else { preconditionFailure("a missing email is a violation") }
    let name = request.username ?? Username.derived(from: email).text
    var account = Account(
      id: UUIDv7.makeText(), email: email.text, username: name, createdAt: now())
    account = wish.applied(to: account, now: account.createdAt)
    account.version = 1
    return (account, request.username != nil)
  }

  private static func email(_ account: Account) throws -> Email {
    try Email(parsing: account.email)
  }
}

extension Taken {
  /// 409, with the field.
  var callError: RPCError {
    switch self {
    case .email:
      RPCError(
        .alreadyExists, "email_taken", "There is an account with this email.",
        violations: [.init(field: "email", code: "taken", message: "has an account already")])
    case .username:
      RPCError(
        .alreadyExists, "username_taken", "Somebody has this username.",
        violations: [.init(field: "username", code: "taken", message: "belongs to somebody else")])
    }
  }
}
