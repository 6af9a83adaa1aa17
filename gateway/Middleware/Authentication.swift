import EventLoop
import HTTP
import Security
import Wire

/// Who asks: the token's claims, checked, and where the token came from.
struct Authentication {
  let strangers: Strangers
  private let verifier: TokenVerifier
  private let revocations: Revocations
  private let apiTokens: APITokens
  private let crossOrigin: CrossOrigin

  init(
    verifier: TokenVerifier, revocations: Revocations, apiTokens: APITokens,
    strangers: Strangers, crossOrigin: CrossOrigin
  ) {
    self.strangers = strangers
    self.verifier = verifier
    self.revocations = revocations
    self.apiTokens = apiTokens
    self.crossOrigin = crossOrigin
  }

  /// The caller of a route that wants one. Throws 401 without a good token, 403 for what the token
  /// does not allow.
  func caller(
    of request: HTTPRequest, from client: String, for auth: Route.Auth, requestID: String
  ) async throws(RPCError) -> Caller {
    let isChange = request.method != .get && request.method != .head
    let caller: Caller
    if let header = request.headerBytes("authorization") {
      let token = try bearer(header)
      if APITokens.isOne(token) {
        let text = String(decoding: token, as: UTF8.self)
        caller = try await apiTokens.caller(of: text, from: client, requestID: requestID)
      } else {
        caller = try verify(token).caller
      }
    } else if let cookie = request.headerBytes("cookie"), let value = Self.token(in: cookie) {
      caller = try verify(value).caller
      if isChange && !isSameOrigin(request) { throw Problems.crossSite }
    } else {
      throw Problems.noToken
    }
    if auth == .admin && caller.role != .admin { throw Problems.notAdmin }
    if auth == .moderator && caller.role == .user { throw Problems.notModerator }
    if isChange && caller.scope == .read && auth != .reader { throw Problems.readOnly }
    return caller
  }

  /// Whose socket a request asks for, by its token; nil where it has a ticket instead. A cookie comes
  /// along with every page's request, so that only pages of this origin, or of those that
  /// `CORS_ORIGINS` names, may use it (cross-site WebSocket hijacking).
  ///
  /// - Parameter mark: where revocations stood before.
  func holder(
    of request: HTTPRequest, from client: String, hasTicket: Bool, mark: Int, requestID: String
  ) async throws(RPCError) -> SocketHolder? {
    if let header = request.headerBytes("authorization") {
      let token = try bearer(header)
      guard APITokens.isOne(token) else { return holder(try verify(token), mark) }
      let text = String(decoding: token, as: UTF8.self)
      let verified = try await apiTokens.verified(text, from: client, requestID: requestID)
      return SocketHolder(
        caller: verified.caller, expiresAt: verified.expiresAt, revocationMark: mark)
    }
    if hasTicket { return nil }
    guard let cookie = request.headerBytes("cookie"), let value = Self.token(in: cookie) else {
      throw Problems.noToken
    }
    let token = try verify(value)
    guard isSameOrigin(request) else { throw Problems.crossSite }
    return holder(token, mark)
  }

  /// An API token has ended.
  func forget(tokenID: String) { apiTokens.forget(tokenID: tokenID) }

  private func holder(_ token: AccessToken, _ mark: Int) -> SocketHolder {
    SocketHolder(
      caller: token.caller, expiresAt: Int64(token.expiresAt) * 1000, revocationMark: mark)
  }

  private func verify(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> AccessToken {
    let token: AccessToken
    do { token = try verifier.verify(bytes) } catch { throw Problems.badToken }
    guard !revocations.refuses(token.sessionID, token.role) else { throw Problems.badToken }
    return token
  }

  /// `Bearer <token>` (RFC 6750); the scheme without regard to case.
  private func bearer(
    _ header: UnsafeRawBufferPointer
  ) throws(RPCError) -> UnsafeRawBufferPointer {
    let scheme: StaticString = "bearer "
    guard header.count > scheme.utf8CodeUnitCount else { throw Problems.badToken }
    for index in 0..<scheme.utf8CodeUnitCount
    where header[index] | 0x20 != scheme.utf8Start[index] {
      throw Problems.badToken
    }
    return UnsafeRawBufferPointer(rebasing: header[scheme.utf8CodeUnitCount...])
  }

  /// The cookie `token` (RFC 6265, section 4.2.1).
  static func token(in cookies: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var start = 0
    while start < cookies.count {
      var end = start
      while end < cookies.count, cookies[end] != UInt8(ascii: ";") { end += 1 }
      while start < end, cookies[start] == UInt8(ascii: " ") { start += 1 }
      let pair = UnsafeRawBufferPointer(rebasing: cookies[start..<end])
      if pair.starts(with: "token=".utf8) {
        return UnsafeRawBufferPointer(rebasing: pair[6...])
      }
      start = end + 1
    }
    return nil
  }

  /// Whether a browser says that the request comes from a page of this origin, or of one that
  /// `CORS_ORIGINS` names.
  private func isSameOrigin(_ request: HTTPRequest) -> Bool {
    let origin = request.header("origin")
    if let origin, crossOrigin.origins.contains(origin) { return true }
    if let site = request.header("sec-fetch-site") { return site == "same-origin" }
    guard let origin, let host = request.header("host") else { return false }
    return origin == "https://\(host)" || origin == "http://\(host)"
  }
}
