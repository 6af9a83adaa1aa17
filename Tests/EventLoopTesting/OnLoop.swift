import EventLoop

/// The body did not end in time.
public struct LoopTestTimeout: Error {}

/// Runs `body` while turning the loop: in tests the loop is not the process's executor.
public func onLoop<T>(
  within limit: Duration = .seconds(20), _ body: @escaping @MainActor () async throws -> T
) async throws -> T {
  var result: Result<T, any Error>?
  let task = Task {
    do { result = .success(try await body()) } catch { result = .failure(error) }
  }
  let deadline = Deadline.after(limit)
  while true {
    if let result { return try result.get() }
    if deadline.hasPassed {
      task.cancel()
      throw LoopTestTimeout()
    }
    EventLoop.shared.turn(waitingAtMost: .milliseconds(1))
    await Task.yield()
  }
}
