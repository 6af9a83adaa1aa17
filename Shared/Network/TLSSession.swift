import COpenSSL

/// One connection's TLS, without its socket: ciphertext in, plaintext out, and the other way round.
///
/// Whoever owns the socket gives what it reads to `received`, and calls `encrypt` whenever `hasOutput` is
/// true or there is plaintext to send: the handshake, alerts and key updates come out there as well.
/// Nothing is kept beyond one record either way, and an idle session owns no buffers.
public final class TLSSession {
  /// `encrypt` stops when this much ciphertext is waiting, so that plaintext that cannot be sent is not
  /// held twice.
  public nonisolated static let ciphertextBytesMax = 256 << 10

  /// The peer has proved what it had to; plaintext flows.
  public private(set) var handshakeComplete = false
  /// The peer said that it will send no more. An end of the stream without this may be an attacker's.
  public private(set) var peerHasShutDown = false

  private let context: TLSContext
  nonisolated(unsafe) private let session: OpaquePointer
  nonisolated(unsafe) private let wire: UnsafeMutablePointer<focal_tls_wire>
  private var hasShutDown = false
  private var failure: TLSError?

  private static let wireMethod = focal_tls_wire_method()

  init(_ context: TLSContext, serverName: String?) throws(TLSError) {
    guard let session = SSL_new(context.pointer) else { throw .last("TLS") }
    self.context = context
    self.session = session
    wire = .allocate(capacity: 1)
    wire.initialize(to: focal_tls_wire())
    guard focal_tls_attach(session, TLSSession.wireMethod, wire) == 1 else { throw .last("TLS") }
    switch context.role {
    case .server: SSL_set_accept_state(session)
    case .client:
      SSL_set_connect_state(session)
      if let serverName { try expect(serverName) }
    }
  }

  deinit {
    SSL_free(session)
    focal_tls_wire_release(wire)
    wire.deallocate()
  }

  /// Ciphertext is waiting for `encrypt` to take it, a client's first message included.
  public var hasOutput: Bool {
    wire.pointee.output_count > 0 || (context.role == .client && SSL_in_before(session) == 1)
  }

  /// `encrypt` would take plaintext.
  public var canSend: Bool { handshakeComplete && !hasShutDown && failure == nil }

  /// What ALPN agreed on: `http/1.1`.
  public var negotiatedProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(session, &name, &count)
    guard count > 0 else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  /// `TLSv1.3`, `TLSv1.2`.
  public var version: String { String(cString: SSL_get_version(session)) }

  /// Decrypts what was read from the socket; never yields more than there was. After it has thrown, send
  /// what `encrypt` still gives (the alert), and close.
  public func received(
    _ ciphertext: UnsafeRawBufferPointer, into plaintext: inout ByteBuffer
  ) throws(TLSError) {
    if let failure { throw failure }
    wire.pointee.input = ciphertext.assumingMemoryBound(to: UInt8.self).baseAddress
    wire.pointee.input_count = ciphertext.count
    defer {
      // The caller's memory is its own again. What follows the peer's last message is dropped.
      wire.pointee.input = nil
      wire.pointee.input_count = 0
    }
    try shakeHands()
    guard handshakeComplete, !peerHasShutDown else { return }
    while try readRecord(into: &plaintext) {}
  }

  /// Encrypts from the front of `plaintext`, which it consumes, and appends to `ciphertext`; before the
  /// handshake is complete only the handshake itself.
  public func encrypt(
    _ plaintext: inout ByteBuffer, into ciphertext: inout ByteBuffer
  ) throws(TLSError) {
    defer { takeOutput(into: &ciphertext) }
    if failure != nil { return }
    try shakeHands()
    guard canSend else { return }
    while !plaintext.isEmpty {
      guard ciphertext.count + Int(wire.pointee.output_count) < TLSSession.ciphertextBytesMax else {
        return
      }
      ERR_clear_error()
      let bytes = plaintext.readableBytes
      var written = 0
      let result = SSL_write_ex(session, bytes.baseAddress, bytes.count, &written)
      guard result == 1 else { throw fail("sending", result) }
      plaintext.consume(written)
    }
  }

  /// Says that nothing more will be sent: the last that goes into `ciphertext`. Call it when all plaintext
  /// is encrypted.
  public func shutdown(into ciphertext: inout ByteBuffer) {
    if handshakeComplete, !hasShutDown, failure == nil {
      ERR_clear_error()
      _ = SSL_shutdown(session)
      ERR_clear_error()
    }
    hasShutDown = true
    takeOutput(into: &ciphertext)
  }

  private func shakeHands() throws(TLSError) {
    guard !handshakeComplete else { return }
    ERR_clear_error()
    let result = SSL_do_handshake(session)
    if result == 1 {
      handshakeComplete = true
    } else if SSL_get_error(session, result) != SSL_ERROR_WANT_READ {
      throw fail("handshake", result)
    }
  }

  /// False when more ciphertext is needed, or none will come.
  private func readRecord(into plaintext: inout ByteBuffer) throws(TLSError) -> Bool {
    let room = max(Int(wire.pointee.input_count), Int(SSL_pending(session)), 1)
    var result: Int32 = 0
    ERR_clear_error()
    _ = plaintext.write(reserving: room) { free in
      var count = 0
      result = SSL_read_ex(session, free.baseAddress, free.count, &count)
      return result == 1 ? count : 0
    }
    if result == 1 { return true }
    switch SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ: return false
    case SSL_ERROR_ZERO_RETURN:
      peerHasShutDown = true
      return false
    default: throw fail("receiving", result)
    }
  }

  private func takeOutput(into ciphertext: inout ByteBuffer) {
    guard wire.pointee.output_count > 0 else { return }
    ciphertext.append(
      UnsafeRawBufferPointer(start: wire.pointee.output, count: wire.pointee.output_count))
    focal_tls_wire_release(wire)
  }

  /// The session is of no use any more.
  private func fail(_ operation: String, _ result: Int32) -> TLSError {
    let verification = SSL_get_verify_result(session)
    var error = TLSError.last(operation)
    if !handshakeComplete, verification != Int(X509_V_OK) {
      error = TLSError(
        operation, reason: String(cString: X509_verify_cert_error_string(verification)))
    }
    failure = error
    return error
  }

  /// The name goes to the server (SNI) and must be in its certificate.
  private func expect(_ name: String) throws(TLSError) {
    let parameters = SSL_get0_param(session)
    if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
    ERR_clear_error()
    guard SSL_set1_host(session, name) == 1, focal_tls_set_server_name(session, name) == 1 else {
      throw .last("server name \(name)")
    }
  }
}
