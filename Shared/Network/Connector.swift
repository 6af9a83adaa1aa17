import CLinux
import EventLoop
import Glibc

extension Connection {
  /// Opens a connection; the descriptor is the caller's. Throws `NetworkError`, or
  /// `ConnectionError.deadlineExceeded`; a cancelled task closes it.
  public static func connect(to address: SocketAddress, deadline: Deadline) async throws -> Int32 {
    let descriptor = focal_socket(address.family)
    guard descriptor >= 0 else { throw NetworkError("socket", errno: errno) }
    let failure = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
    if failure != 0 && errno != EINPROGRESS {
      let code = errno
      Glibc.close(descriptor)
      throw NetworkError("connect to \(address)", errno: code)
    }
    if failure != 0 {
      let attempt = ConnectAttempt(descriptor: descriptor)
      do { try await attempt.finish(by: deadline) } catch {
        Glibc.close(descriptor)
        throw error
      }
    }
    if !address.isUnix { focal_no_delay(descriptor) }
    return descriptor
  }
}

/// Waits until a socket is connected or has failed.
private final class ConnectAttempt: Source {
  private var continuation: UnsafeContinuation<Void, any Error>?
  private var timer: LoopTimer?

  init(descriptor: Int32) {
    super.init(descriptor: descriptor, trigger: .edge, ownsDescriptor: false)
  }

  func finish(by deadline: Deadline) async throws {
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        self.continuation = continuation
        timer = EventLoop.shared.schedule(after: deadline.remaining) {
          self.end(ConnectionError.deadlineExceeded)
        }
        if Task.isCancelled { end(CancellationError()) }
      }
    } onCancel: {
      Task { @MainActor in self.end(CancellationError()) }
    }
  }

  override func ready(_ readiness: Readiness) {
    guard !readiness.isDisjoint(with: [.writable, .hangUp]) else { return }
    let code = focal_socket_error(descriptor)
    end(code == 0 ? nil : NetworkError("connect", errno: code))
  }

  private func end(_ error: (any Error)?) {
    guard let continuation else { return }
    self.continuation = nil
    timer?.cancel()
    close()
    if let error { continuation.resume(throwing: error) } else { continuation.resume() }
  }
}
