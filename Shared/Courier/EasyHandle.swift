import CCurl
import Glibc

/// One easy handle of libcurl's, with what has to live as long as it: lists, the buffer for its
/// error. Setting an option never throws; the first failure waits in `failure`.
nonisolated final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private(set) var failure: CURLcode?
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private let errorText: UnsafeMutablePointer<CChar>

  private static let isReady = focal_curl_global_init() == CURLE_OK

  init() {
    guard Self.isReady, let raw = curl_easy_init() else { preconditionFailure("no libcurl") }
    self.raw = raw
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    note(focal_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText))
    // Signals belong to the loop.
    set(CURLOPT_NOSIGNAL, 1)
    // A proxy from the environment would call addresses in our name.
    set(CURLOPT_PROXY, "")
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    set(CURLOPT_FOLLOWLOCATION, 0)
    // Ending a transfer does not wait for the thread that resolves its name.
    set(CURLOPT_QUICK_EXIT, 1)
  }

  deinit {
    curl_easy_cleanup(raw)
    for list in lists { curl_slist_free_all(list) }
    errorText.deallocate()
  }

  func set(_ option: CURLoption, _ value: Int) { note(focal_curl_set_long(raw, option, value)) }

  /// libcurl keeps a copy.
  func set(_ option: CURLoption, _ text: String) {
    note(text.withCString { focal_curl_set_pointer(raw, option, $0) })
  }

  func set(_ option: CURLoption, list texts: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      guard let longer = curl_slist_append(list, text) else {
        note(CURLE_OUT_OF_MEMORY)
        break
      }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    note(focal_curl_set_pointer(raw, option, list))
  }

  func set(_ option: CURLoption, context: UnsafeMutableRawPointer) {
    note(focal_curl_set_pointer(raw, option, context))
  }

  func set(_ option: CURLoption, _ function: @escaping focal_curl_transfer) {
    note(focal_curl_set_transfer(raw, option, function))
  }

  /// libcurl keeps a copy.
  func set(body: [UInt8]) {
    note(focal_curl_set_bytes(raw, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    // An empty array has no address, and without one libcurl would ask for the body.
    let bytes = body.isEmpty ? [0] : body
    note(
      bytes.withUnsafeBytes { focal_curl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) })
  }

  func note(_ code: CURLcode) {
    if code != CURLE_OK, failure == nil { failure = code }
  }

  var responseCode: Int { focal_curl_response_code(raw) }

  /// What a transfer's end means.
  func error(_ code: CURLcode) -> CourierError {
    let detail = String(cString: errorText)
    return CourierError(
      Self.kind(of: code), detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)
  }

  private static func kind(of code: CURLcode) -> CourierError.Kind {
    switch code {
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalid
    case CURLE_COULDNT_RESOLVE_HOST: .unresolved
    case CURLE_COULDNT_CONNECT, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: .unreachable
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CACERT_BADFILE, CURLE_USE_SSL_FAILED:
      .untrusted
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_LOGIN_DENIED: .refused
    case CURLE_ABORTED_BY_CALLBACK: .cancelled
    default: .failed
    }
  }
}
