import COpenSSL

/// What the TLS sessions of a listener, or of a client, have in common: certificate, trusted authorities,
/// protocols. TLS 1.2 and 1.3 with forward secrecy.
public final class TLSContext {
  public enum Role: Sendable {
    case server, client
  }

  let role: Role
  nonisolated(unsafe) let pointer: OpaquePointer
  nonisolated(unsafe) private let protocols: UnsafeMutablePointer<focal_tls_protocols>
  nonisolated(unsafe) private let protocolNames: UnsafeMutableBufferPointer<UInt8>

  /// A server with its certificate chain and key (PEM files).
  ///
  /// - Parameters:
  ///   - clientAuthority: PEM file: a client must show a certificate of this authority (mutual TLS).
  ///   - protocols: ALPN, the preferred first. A client that offers none of them is refused; one that
  ///     does not speak ALPN is not.
  public convenience init(
    serverCertificate certificate: String, key: String, clientAuthority: String? = nil,
    protocols: [String] = ["http/1.1"]
  ) throws(TLSError) {
    try self.init(.server, protocols)
    try useCertificate(certificate, key: key)
    guard let clientAuthority else { return }
    try trust(clientAuthority)
    guard let names = SSL_load_client_CA_file(clientAuthority) else {
      throw .last("reading \(clientAuthority)")
    }
    SSL_CTX_set_client_CA_list(pointer, names)
    SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
  }

  /// A client that trusts an authority, the system's where none is given (PEM file).
  ///
  /// - Parameters:
  ///   - certificate, key: PEM files: what it shows to a server that asks (mutual TLS).
  ///   - protocols: ALPN; none is offered where the list is empty.
  public convenience init(
    clientAuthority authority: String? = nil, certificate: String? = nil, key: String? = nil,
    protocols: [String] = []
  ) throws(TLSError) {
    try self.init(.client, protocols)
    if let authority {
      try trust(authority)
    } else if SSL_CTX_set_default_verify_paths(pointer) != 1 {
      throw .last("reading the system's authorities")
    }
    SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    if let certificate, let key { try useCertificate(certificate, key: key) }
  }

  private init(_ role: Role, _ protocols: [String]) throws(TLSError) {
    ERR_clear_error()
    let method = role == .server ? TLS_server_method() : TLS_client_method()
    guard let pointer = SSL_CTX_new(method) else { throw .last("TLS") }
    self.role = role
    self.pointer = pointer
    let names = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    protocolNames = .allocate(capacity: names.count)
    _ = protocolNames.initialize(from: names)
    self.protocols = .allocate(capacity: 1)
    self.protocols.initialize(
      to: focal_tls_protocols(names: protocolNames.baseAddress, count: UInt32(names.count)))
    guard focal_tls_configure(pointer) == 1 else { throw .last("TLS") }
    guard !names.isEmpty else { return }
    if role == .server {
      focal_tls_serve_protocols(pointer, self.protocols)
    } else {
      // The one function of OpenSSL that answers 0 when all is well.
      guard SSL_CTX_set_alpn_protos(pointer, names, UInt32(names.count)) == 0 else {
        throw .last("TLS")
      }
    }
  }

  deinit {
    SSL_CTX_free(pointer)
    protocols.deallocate()
    protocolNames.deallocate()
  }

  /// A session of one connection. A client names the server: the certificate must be for this host name
  /// or IP address. Without a name any certificate of the authority will do: only for authorities that
  /// sign nobody else's.
  public func session(serverName: String? = nil) throws(TLSError) -> TLSSession {
    try TLSSession(self, serverName: serverName)
  }

  private func useCertificate(_ certificate: String, key: String) throws(TLSError) {
    guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
      throw .last("reading \(certificate)")
    }
    // Never ask for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in 0 }
    guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
      throw .last("reading \(key)")
    }
    guard SSL_CTX_check_private_key(pointer) == 1 else { throw .last("\(key) for \(certificate)") }
  }

  private func trust(_ authority: String) throws(TLSError) {
    guard SSL_CTX_load_verify_file(pointer, authority) == 1 else {
      throw .last("reading \(authority)")
    }
  }
}
