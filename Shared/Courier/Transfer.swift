import CCurl

/// One HTTP request on its way: owns its handle and waits for its end.
final class Transfer {
  typealias Outcome = Result<OutgoingAnswer, CourierError>

  let handle = EasyHandle()
  var waiter: UnsafeContinuation<Outcome, Never>?
  private let inbox: TransferInbox
  private let cutsBody: Bool

  /// - Parameter authorities: a PEM file of certificates to trust in place of the system's.
  init(
    _ request: OutgoingRequest, reach: Courier.Reach, timeLimit: Duration, authorities: String?
  ) throws(CourierError) {
    inbox = TransferInbox(bodyBytesMax: request.bodyBytesMax, reach: reach)
    cutsBody = request.cutsBody
    inbox.attach(to: handle)
    handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    handle.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    handle.set(CURLOPT_URL, request.url)
    handle.set(CURLOPT_TIMEOUT_MS, timeLimit.wholeMilliseconds)
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, min(timeLimit.wholeMilliseconds, 10_000))
    handle.set(CURLOPT_USERAGENT, "Focal")
    if let authorities { handle.set(CURLOPT_CAINFO, authorities) }
    // A connection that a user's URL has opened serves nothing else.
    if reach == .publicOnly { handle.set(CURLOPT_FORBID_REUSE, 1) }
    set(request.method, request.body)
    set(request.headers)
    if let failure = handle.failure { throw handle.error(failure) }
  }

  private func set(_ method: OutgoingRequest.Method, _ body: [UInt8]) {
    switch method {
    case .get: handle.set(CURLOPT_HTTPGET, 1)
    case .head: handle.set(CURLOPT_NOBODY, 1)
    case .delete where body.isEmpty: handle.set(CURLOPT_CUSTOMREQUEST, method.rawValue)
    case .post, .put, .patch, .delete:
      handle.set(CURLOPT_POST, 1)
      handle.set(body: body)
      handle.set(CURLOPT_CUSTOMREQUEST, method.rawValue)
    }
  }

  private func set(_ headers: [(name: String, value: String)]) {
    // libcurl adds these by itself; a name without a value takes them away.
    var lines = ["Expect:"]
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append("Content-Type:")
    }
    for header in headers {
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    handle.set(CURLOPT_HTTPHEADER, list: lines)
  }

  /// libcurl is done with the handle.
  func finish(_ code: CURLcode) {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume(returning: outcome(code))
  }

  /// The caller goes its way without an answer.
  func finish(_ error: CourierError) {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume(returning: .failure(error))
  }

  private func outcome(_ code: CURLcode) -> Outcome {
    let isCut = code == CURLE_WRITE_ERROR && inbox.isOverfull
    if isCut, !cutsBody {
      return .failure(CourierError(.tooLarge, "the answer is larger than is wanted"))
    }
    guard code == CURLE_OK || isCut else {
      if inbox.metForbiddenAddress {
        return .failure(CourierError(.forbiddenAddress, "the address is not a public one"))
      }
      return .failure(handle.error(code))
    }
    return .success(
      OutgoingAnswer(
        status: handle.responseCode, headers: inbox.headers, body: inbox.body, isCut: isCut))
  }
}

extension Duration {
  /// At least one, since none means no limit to libcurl; at most a day.
  nonisolated var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    return Int(min(max(milliseconds, 1), 86_400_000))
  }
}
