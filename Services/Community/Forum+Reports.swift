import Contracts
import Security
import Wire

extension Forum {
  public func createReport(
    _ request: CreateReportRequest, _ context: CallContext
  ) async throws -> Report {
    let userID = try context.userID
    let thing: ReportedThing
    switch (request.postID, request.commentID) {
    case (let id?, nil): thing = .post(id)
    case (nil, let id?): thing = .comment(id)
    default: throw Refusal.oneThing
    }
    try await users.know(userID, context)
    let report = Report(
      id: UUIDv7.makeText(), postID: request.postID, commentID: request.commentID,
      reporterID: userID, reason: request.reason, status: .open, createdAt: now())
    switch try await stores.reports.add(report, of: thing) {
    case .added(let event):
      if let event { await deliver(event, context) }
      return report
    case .nothingThere: throw thing.postID == nil ? Refusal.noComment : Refusal.noPost
    case .ownThing: throw thing.postID == nil ? Refusal.ownComment : Refusal.ownContent
    case .alreadyReported: throw Refusal.alreadyReported
    }
  }

  public func listReports(
    _ request: ListReportsRequest, _ context: CallContext
  ) async throws -> ReportList {
    guard context.isModerator else { throw Refusal.notModerator }
    let status = request.status ?? .open
    // A list for each status.
    let list = Character(String(status.rawValue))
    let limit = Int(request.limit ?? 20)
    var reports = try await stores.reports.page(
      status, after: try cursor(request.cursor, of: list)?.end, limit: limit + 1)
    let hasMore = reports.count > limit
    if hasMore { reports.removeLast() }
    let next = hasMore ? reports.last : nil
    return ReportList(
      items: reports,
      nextCursor: next.map { ListCursor(list: list, end: .init(key: $0.createdAt, id: $0.id)).text }
    )
  }

  public func decideReport(
    _ request: DecideReportRequest, _ context: CallContext
  ) async throws -> ReportView {
    guard context.isModerator else { throw Refusal.notModerator }
    let (status, isHidden): (ReportStatus, Bool?) =
      switch request.decision {
      case .hide: (.hidden, true)
      case .restore: (.restored, false)
      case .dismiss, .unspecified: (.dismissed, nil)
      }
    let decided = try await stores.reports.decide(
      request.id, status, isHidden: isHidden, by: context.userID, at: now())
    guard let decided else { throw Refusal.noReport }
    if let event = decided.event { await deliver(event, context) }
    guard let report = try await stores.reports.report(request.id) else { throw Refusal.noReport }
    return report
  }
}
