import Contracts
import Wire

/// Methods that are still to come.
extension Forum {
  private static let missing = RPCError(
    .unimplemented, "unimplemented", "This is still to come.")

  public func createPost(
    _ request: CreatePostRequest, _ context: CallContext
  ) async throws -> Post {
    throw Self.missing
  }

  public func listPosts(
    _ request: ListPostsRequest, _ context: CallContext
  ) async throws -> PostList {
    throw Self.missing
  }

  public func getPost(
    _ request: GetPostRequest, _ context: CallContext
  ) async throws -> Post {
    throw Self.missing
  }

  public func updatePost(
    _ request: UpdatePostRequest, _ context: CallContext
  ) async throws -> Post {
    throw Self.missing
  }

  public func deletePost(
    _ request: DeletePostRequest, _ context: CallContext
  ) async throws -> Empty {
    throw Self.missing
  }

  public func toggleLikeOfPost(
    _ request: LikePostRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func likePost(
    _ request: LikePostRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func unlikePost(
    _ request: LikePostRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func createComment(
    _ request: CreateCommentRequest, _ context: CallContext
  ) async throws -> Comment {
    throw Self.missing
  }

  public func listComments(
    _ request: ListCommentsRequest, _ context: CallContext
  ) async throws -> CommentList {
    throw Self.missing
  }

  public func updateComment(
    _ request: UpdateCommentRequest, _ context: CallContext
  ) async throws -> Comment {
    throw Self.missing
  }

  public func deleteComment(
    _ request: DeleteCommentRequest, _ context: CallContext
  ) async throws -> Empty {
    throw Self.missing
  }

  public func toggleLikeOfComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func likeComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func unlikeComment(
    _ request: LikeCommentRequest, _ context: CallContext
  ) async throws -> Like {
    throw Self.missing
  }

  public func createReport(
    _ request: CreateReportRequest, _ context: CallContext
  ) async throws -> Report {
    throw Self.missing
  }

  public func listReports(
    _ request: ListReportsRequest, _ context: CallContext
  ) async throws -> ReportList {
    throw Self.missing
  }

  public func decideReport(
    _ request: DecideReportRequest, _ context: CallContext
  ) async throws -> ReportView {
    throw Self.missing
  }

  public func listBlocks(
    _ request: ListBlocksRequest, _ context: CallContext
  ) async throws -> BlockList {
    throw Self.missing
  }

  public func blockUser(
    _ request: BlockUserRequest, _ context: CallContext
  ) async throws -> Block {
    throw Self.missing
  }

  public func unblockUser(
    _ request: BlockUserRequest, _ context: CallContext
  ) async throws -> Empty {
    throw Self.missing
  }
}
