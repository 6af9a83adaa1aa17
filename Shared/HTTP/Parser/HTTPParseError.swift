/// Why a request is refused before any handler sees it. Every one of them ends the connection: after
/// it nobody can tell where the next request begins.
nonisolated public enum HTTPParseError: String, Error, Sendable, CaseIterable {
  // The request line.
  case malformedRequestLine = "malformed_request_line"
  case malformedTarget = "malformed_target"
  case unsupportedVersion = "unsupported_version"
  case unknownMethod = "unknown_method"
  case forbiddenMethod = "forbidden_method"
  case targetTooLong = "target_too_long"
  // Lines and fields.
  case bareLineFeed = "bare_line_feed"
  case obsoleteFolding = "obsolete_folding"
  case malformedFieldName = "malformed_field_name"
  case malformedFieldValue = "malformed_field_value"
  case tooManyFields = "too_many_fields"
  case headTooLarge = "head_too_large"
  case missingHost = "missing_host"
  case repeatedHost = "repeated_host"
  case malformedHost = "malformed_host"
  case unknownExpectation = "unknown_expectation"
  // Framing.
  case repeatedContentLength = "repeated_content_length"
  case malformedContentLength = "malformed_content_length"
  case malformedTransferEncoding = "malformed_transfer_encoding"
  case transferEncodingInOldVersion = "transfer_encoding_in_http_1_0"
  case lengthBesideTransferEncoding = "length_beside_transfer_encoding"
  case malformedChunkSize = "malformed_chunk_size"
  case malformedChunkEnd = "malformed_chunk_end"
  case malformedChunkExtension = "malformed_chunk_extension"
  case forbiddenTrailer = "forbidden_trailer"
  case bodyTooLarge = "body_too_large"
  // Time. The parser has no clock: the connection raises these two.
  case headTimeout = "head_timeout"
  case bodyTimeout = "body_timeout"

  /// The status that the refusal is answered with.
  public var status: Int {
    switch self {
    case .unsupportedVersion: 505
    case .unknownMethod: 501
    case .forbiddenMethod: 405
    case .targetTooLong: 414
    case .tooManyFields, .headTooLarge: 431
    case .unknownExpectation: 417
    case .bodyTooLarge: 413
    case .headTimeout, .bodyTimeout: 408
    default: 400
    }
  }

  /// A sentence for the caller. It never repeats what the caller sent.
  public var detail: String {
    switch self {
    case .malformedRequestLine: "The request line is not `METHOD target HTTP/1.1`."
    case .malformedTarget: "The request target is malformed."
    case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
    case .unknownMethod: "The method is unknown."
    case .forbiddenMethod: "The method is never allowed here."
    case .targetTooLong: "The request target is too long."
    case .bareLineFeed: "A line does not end with CR LF."
    case .obsoleteFolding: "A header field is folded over several lines."
    case .malformedFieldName: "The name of a header field is malformed."
    case .malformedFieldValue: "The value of a header field has a control character."
    case .tooManyFields: "There are too many header fields."
    case .headTooLarge: "The head of the request is too large."
    case .missingHost: "The Host field is missing."
    case .repeatedHost: "There is more than one Host field."
    case .malformedHost: "The Host field is malformed, or differs from the request target."
    case .unknownExpectation: "The only known expectation is `100-continue`."
    case .repeatedContentLength: "There is more than one Content-Length field."
    case .malformedContentLength: "The Content-Length field is not a decimal number."
    case .malformedTransferEncoding: "The only known transfer encoding is `chunked`, once."
    case .transferEncodingInOldVersion: "HTTP/1.0 has no transfer encodings."
    case .lengthBesideTransferEncoding: "Content-Length stands beside Transfer-Encoding."
    case .malformedChunkSize: "The size of a chunk is malformed."
    case .malformedChunkEnd: "A chunk does not end with CR LF."
    case .malformedChunkExtension: "The extension of a chunk is malformed or too long."
    case .forbiddenTrailer: "A field that frames the request stands behind its body."
    case .bodyTooLarge: "The body of the request is too large."
    case .headTimeout: "The head of the request did not arrive in time."
    case .bodyTimeout: "The body of the request did not arrive in time."
    }
  }
}
