/// What hiredis' callbacks leave for the link. They come for each command, from calls that the link
/// makes: plain memory costs them nothing, where proving their isolation would.
nonisolated final class LinkInbox {
  /// Answers in the order of the commands; nil where the connection ended before.
  var answers: [RedisValue?] = []
  /// There are bytes that hiredis could not write yet.
  var wantsWrite = false
  /// Kept alive by this for as long as hiredis' context.
  var link: RedisLink?

  static func of(_ data: UnsafeMutableRawPointer?) -> LinkInbox? {
    data.map { Unmanaged<LinkInbox>.fromOpaque($0).takeUnretainedValue() }
  }
}
