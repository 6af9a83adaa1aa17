import Glibc

/// The `main` of every executable.
public enum LoopProgram {
  /// Makes the loop the executor of everything, runs `body` on it and exits with its result.
  public static func run(_ body: @escaping @MainActor () async -> Int32) -> Never {
    LoopExecutor.install()
    signal(SIGPIPE, SIG_IGN)
    var status: Int32 = 0
    Task {
      status = await body()
      EventLoop.shared.stop()
    }
    EventLoop.shared.run()
    exit(status)
  }
}
