import Contracts
import Wire

/// What is being built: until then it is refused.
extension Accounts {
  private static let unfinished = RPCError(.unimplemented, "unfinished", "This is being built.")

  public func changePassword(
    _ request: ChangePasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func forgotPassword(
    _ request: ForgotPasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func resetPassword(
    _ request: ResetPasswordRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func verifyEmail(
    _ request: VerifyEmailRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func resendVerification(
    _ request: ResendVerificationRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func createApiToken(
    _ request: CreateApiTokenRequest, _ context: CallContext
  ) async throws -> ApiToken { throw Self.unfinished }

  public func listApiTokens(
    _ request: ListApiTokensRequest, _ context: CallContext
  ) async throws -> ApiTokenList { throw Self.unfinished }

  public func getApiToken(
    _ request: GetApiTokenRequest, _ context: CallContext
  ) async throws -> ApiToken { throw Self.unfinished }

  public func deleteApiToken(
    _ request: DeleteApiTokenRequest, _ context: CallContext
  ) async throws -> DeleteApiTokenReply { throw Self.unfinished }

  public func verifyApiToken(
    _ request: VerifyApiTokenRequest, _ context: CallContext
  ) async throws -> VerifiedApiToken { throw Self.unfinished }

  public func enableTotp(
    _ request: EnableTotpRequest, _ context: CallContext
  ) async throws -> TotpEnrolment { throw Self.unfinished }

  public func confirmTotp(
    _ request: ConfirmTotpRequest, _ context: CallContext
  ) async throws -> RecoveryCodes { throw Self.unfinished }

  public func disableTotp(
    _ request: DisableTotpRequest, _ context: CallContext
  ) async throws -> Acknowledgement { throw Self.unfinished }

  public func exportData(
    _ request: ExportRequest, _ context: CallContext
  ) async throws -> Export { throw Self.unfinished }

  public func deleteMe(
    _ request: DeleteMeRequest, _ context: CallContext
  ) async throws -> DeleteMeReply { throw Self.unfinished }

  public func listUsers(
    _ request: ListUsersRequest, _ context: CallContext
  ) async throws -> AdminUserList { throw Self.unfinished }

  public func updateUser(
    _ request: UpdateUserRequest, _ context: CallContext
  ) async throws -> AdminUser { throw Self.unfinished }
}
