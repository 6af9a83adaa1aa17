import EventLoop
import Network

/// A link to Redis that is not connected yet.
protocol Dialling: AnyObject {
  /// It was given up; it is not started any more.
  var isClosed: Bool { get }

  /// `host` is numeric.
  func start(host: String, port: UInt16)
  func start(path: String)
  func close(_ error: RedisError)
}

extension Dialling {
  /// Begins to connect to where a URL leads, soon. When the timer that it returns is not cancelled
  /// within a second, the link is closed.
  ///
  /// - Parameter attempt: another address each time, should one not answer.
  func dial(_ url: RedisURL, attempt: Int) -> LoopTimer {
    Task {
      do {
        switch url.place {
        case .unix(let path):
          if !isClosed { start(path: path) }
        case .tcp(let host, let port):
          let addresses = try await Resolver.resolve(.tcp(host: host, port: port))
          if !isClosed { start(host: addresses[attempt % addresses.count].host, port: port) }
        }
      } catch {
        close(RedisError(.unavailable, "\(error)"))
      }
    }
    return EventLoop.shared.schedule(after: .seconds(1)) { [weak self] in
      self?.close(RedisError(.unavailable, "connecting took too long"))
    }
  }
}

extension RedisURL {
  /// The command that logs in; nil where there is no password.
  var login: [RedisArgument]? {
    guard let password else { return nil }
    return ["AUTH"] + (user.map { [.string($0)] } ?? []) + [.string(password)]
  }
}
