import Contracts
import Observability
import Security
import Wire

extension Accounts {
  private static let noAPIToken = RPCError(
    .notFound, "token_not_found", "There is no such API token.")
  /// How often the last use of a token is written down.
  private static let touchMilliseconds: Int64 = 60_000

  public func createApiToken(
    _ request: CreateApiTokenRequest, _ context: CallContext
  ) async throws -> ApiToken {
    let caller = try context.inPerson()
    var check = RuleCheck()
    APITokenRecord.check(request, now: now(), &check)
    try check.finish()
    let token = APIToken()
    let record = APITokenRecord(
      id: UUIDv7.makeText(), name: request.name, scope: request.scope, prefix: token.shown,
      createdAt: now(), expiresAt: request.expiresAt)
    guard try await apiTokens.insert(record, token, of: caller.userID, context) else {
      throw RPCError(
        .failedPrecondition, "too_many_tokens",
        "An account has at most \(APITokenRecord.countMax) API tokens; delete one first.")
    }
    return ApiToken(record, token: token.text)
  }

  public func listApiTokens(
    _ request: ListApiTokensRequest, _ context: CallContext
  ) async throws -> ApiTokenList {
    let caller = try context.inPerson()
    let page = try IdentifierPage.reading(limit: request.limit, cursor: request.cursor)
    let found = try await apiTokens.tokens(of: caller.userID, page, context)
    return ApiTokenList(
      items: found.tokens.map { ApiToken($0) },
      nextCursor: found.hasMore ? found.tokens.last?.id : nil)
  }

  public func getApiToken(
    _ request: GetApiTokenRequest, _ context: CallContext
  ) async throws -> ApiToken {
    let caller = try context.inPerson()
    guard Identifier.isValid(request.id),
      let record = try await apiTokens.token(request.id, of: caller.userID, context)
    else { throw Self.noAPIToken }
    return ApiToken(record)
  }

  public func deleteApiToken(
    _ request: DeleteApiTokenRequest, _ context: CallContext
  ) async throws -> DeleteApiTokenReply {
    let caller = try context.inPerson()
    guard Identifier.isValid(request.id),
      try await apiTokens.delete(request.id, of: caller.userID, now: now(), context)
    else { throw Self.noAPIToken }
    return DeleteApiTokenReply()
  }

  public func verifyApiToken(
    _ request: VerifyApiTokenRequest, _ context: CallContext
  ) async throws -> VerifiedApiToken {
    let now = now()
    guard let token = APIToken(parsing: request.token),
      let (record, userID) = try await apiTokens.owner(of: token, now: now, context)
    else {
      throw RPCError(
        .unauthenticated, "invalid_token", "The token is not valid, or no longer.")
    }
    if now - (record.lastUsedAt ?? 0) >= Self.touchMilliseconds {
      do {
        try await apiTokens.touch(record.id, now: now)
      } catch {
        // It serves its owner's information only.
        Log.shared.debug("use of a token not recorded", ["error": .error(error)])
      }
    }
    return VerifiedApiToken(
      tokenID: record.id, userID: userID, scope: record.scope, expiresAt: record.expiresAt ?? 0)
  }
}
