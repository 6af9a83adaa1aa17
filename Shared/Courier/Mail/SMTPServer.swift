import CCurl
import Synchronization
import Wire

/// The operator's mail server: takes mails for everybody else's.
///
/// libcurl takes leave of an SMTP server (`QUIT`) by waiting for its answer, also on the multi
/// interface: so mails go out on a thread of a pool, each on a connection of its own.
nonisolated struct SMTPServer: Sendable {
  /// Whether a connection to `smtp://` turns to TLS (`STARTTLS`); `smtps://` begins with it.
  nonisolated enum Encryption: String, CaseIterable, Sendable {
    case required, opportunistic, off
  }

  /// `smtp` or `smtps`, user and password percent-encoded where there are any.
  let url: Secret
  let encryption: Encryption
  /// A PEM file of certificates to trust in place of the system's.
  var authorities: String?

  /// Blocks until the server has taken the mail, or will not.
  func deliver(
    _ mail: Mail, timeLimit: Duration, unless cancellation: Cancellation
  ) throws(CourierError) {
    let handle = EasyHandle()
    let letter = Letter(mail.bytes, cancellation)
    handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    handle.set(CURLOPT_URL, address(greetingAs: mail.from.domain))
    handle.set(CURLOPT_USE_SSL, level)
    handle.set(CURLOPT_TIMEOUT_MS, timeLimit.wholeMilliseconds)
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, min(timeLimit.wholeMilliseconds, 10_000))
    handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, 10)
    handle.set(CURLOPT_MAIL_FROM, "<\(mail.from.address)>")
    handle.set(CURLOPT_MAIL_RCPT, list: ["<\(mail.to.address)>"])
    handle.set(CURLOPT_UPLOAD, 1)
    if let authorities { handle.set(CURLOPT_CAINFO, authorities) }
    letter.attach(to: handle)
    let code = handle.failure ?? withExtendedLifetime(letter) { curl_easy_perform(handle.raw) }
    guard code != CURLE_OK else { return }
    var error = handle.error(code)
    // The server's own word against it: trying again at once will not help.
    if handle.responseCode >= 400, error.kind != .timedOut {
      error = CourierError(.refused, "\(error.message) (\(handle.responseCode))")
    }
    throw error
  }

  /// What follows the host is the name by which we greet the server.
  private func address(greetingAs domain: String) -> String {
    let text = url.reveal()
    let rest = text.drop { $0 != ":" }.dropFirst(3)
    return rest.contains("/") ? text : "\(text)/\(domain)"
  }

  private var level: Int {
    switch encryption {
    case .required: Int(CURLUSESSL_ALL.rawValue)
    case .opportunistic: Int(CURLUSESSL_TRY.rawValue)
    case .off: Int(CURLUSESSL_NONE.rawValue)
    }
  }
}

/// Tells a thread that nobody waits for its result any more.
nonisolated final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  func cancel() { flag.store(true, ordering: .relaxed) }

  var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// The bytes that libcurl reads.
private nonisolated final class Letter {
  private let bytes: [UInt8]
  private let cancellation: Cancellation
  private var sent = 0

  init(_ bytes: [UInt8], _ cancellation: Cancellation) {
    self.bytes = bytes
    self.cancellation = cancellation
  }

  /// The handle must not outlive the letter.
  func attach(to handle: EasyHandle) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    handle.set(CURLOPT_READDATA, context: context)
    handle.set(CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let context, let buffer else { return 0 }
      let letter = Unmanaged<Letter>.fromOpaque(context).takeUnretainedValue()
      return letter.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
    }
    handle.note(
      focal_curl_set_progress(
        handle.raw,
        { context, _, _, _, _ in
          guard let context else { return 0 }
          let letter = Unmanaged<Letter>.fromOpaque(context).takeUnretainedValue()
          return letter.cancellation.isCancelled ? 1 : 0
        }, context))
  }

  private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - sent)
    bytes.withUnsafeBytes { buffer.copyBytes(from: $0[sent..<(sent + count)]) }
    sent += count
    return count
  }
}
