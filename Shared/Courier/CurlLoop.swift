import CCurl
import EventLoop

/// libcurl's multi handle in our loop: it says which sockets to watch and when to be woken, and is
/// told what became of them. It never waits by itself.
final class CurlLoop {
  private var multi: UnsafeMutableRawPointer?
  private var sources: [curl_socket_t: CurlSource] = [:]
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var timer: LoopTimer?

  var count: Int { transfers.count }

  /// Connections that are kept for the next transfer.
  init(idleConnectionsMax: Int) {
    guard let multi = curl_multi_init() else { preconditionFailure("no libcurl") }
    self.multi = multi
    focal_curl_multi_drive(
      multi,
      { _, socket, what, context, _ in
        MainActor.assumeIsolated { CurlLoop.of(context).watch(socket, what) }
        return 0
      },
      { _, milliseconds, context in
        MainActor.assumeIsolated { CurlLoop.of(context).wake(afterMilliseconds: milliseconds) }
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
    focal_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleConnectionsMax)
    focal_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> CurlLoop {
    guard let context else { preconditionFailure("libcurl lost its context") }
    return Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
  }

  /// Begins a transfer, which is told of its end.
  func add(_ transfer: Transfer) {
    guard let multi else { return transfer.finish(.closed) }
    transfers[transfer.handle.raw] = transfer
    guard curl_multi_add_handle(multi, transfer.handle.raw) == CURLM_OK else {
      transfers[transfer.handle.raw] = nil
      return transfer.finish(CourierError(.failed, "libcurl did not take the transfer"))
    }
  }

  /// Ends a transfer that nobody waits for any more, and closes its connection.
  func abandon(_ transfer: Transfer) {
    guard transfers.removeValue(forKey: transfer.handle.raw) != nil else { return }
    curl_multi_remove_handle(multi, transfer.handle.raw)
    transfer.finish(.cancelled)
  }

  /// Ends everything. Must be called before the last reference goes.
  func close() {
    guard let multi else { return }
    self.multi = nil
    for transfer in transfers.values {
      curl_multi_remove_handle(multi, transfer.handle.raw)
      transfer.finish(.closed)
    }
    transfers.removeAll()
    curl_multi_cleanup(multi)
    timer?.cancel()
    for source in sources.values { source.close() }
    sources.removeAll()
  }

  private func watch(_ socket: curl_socket_t, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      sources.removeValue(forKey: socket)?.close()
      return
    }
    let source = sources[socket] ?? add(socket)
    var readiness: Readiness = []
    if what & CURL_POLL_IN != 0 { readiness.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { readiness.insert(.writable) }
    source.watch(readiness)
  }

  private func add(_ socket: curl_socket_t) -> CurlSource {
    let source = CurlSource(socket)
    source.onReady = { [unowned self] in act(socket, $0) }
    sources[socket] = source
    return source
  }

  private func wake(afterMilliseconds milliseconds: Int) {
    timer?.cancel()
    timer = nil
    guard milliseconds >= 0 else { return }
    timer = EventLoop.shared.schedule(after: .milliseconds(milliseconds)) { [weak self] in
      self?.act(curl_socket_t(CURL_SOCKET_BAD), 0)
    }
  }

  /// Lets libcurl go on: because of a socket, or (of none) of the time.
  private func act(_ socket: curl_socket_t, _ mask: Int32) {
    guard let multi else { return }
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
    takeFinished(multi)
  }

  private func takeFinished(_ multi: UnsafeMutableRawPointer) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left)?.pointee {
      guard message.msg == CURLMSG_DONE, let handle = message.easy_handle else { continue }
      // The message lives no longer than the handle's place in the set.
      let code = message.data.result
      curl_multi_remove_handle(multi, handle)
      transfers.removeValue(forKey: handle)?.finish(code)
    }
  }
}

/// libcurl's socket in the loop: level-triggered, since libcurl decides how much it reads.
final class CurlSource: Source {
  var onReady: (_ mask: Int32) -> Void = { _ in }

  init(_ descriptor: Int32) {
    super.init(descriptor: descriptor, trigger: .level, ownsDescriptor: false)
  }

  override func ready(_ readiness: Readiness) {
    var mask: Int32 = 0
    if !readiness.isDisjoint(with: [.readable, .peerClosed, .hangUp]) { mask |= CURL_CSELECT_IN }
    if !readiness.isDisjoint(with: [.writable, .hangUp]) { mask |= CURL_CSELECT_OUT }
    onReady(mask)
  }
}
