import COpenSSL
import Glibc

/// What the TLS sessions of a listener, or of a client, have in common: certificate, trusted authorities,
/// protocols. TLS 1.2 and 1.3 with forward secrecy.
public final class TLSContext {
  public enum Role: Sendable {
    case server, client
  }

  let role: Role
  /// Sessions keep the one they were made with.
  nonisolated(unsafe) private(set) var pointer: OpaquePointer
  private let files: Files
  private let protocols: Protocols

  /// PEM files.
  private struct Files {
    var certificate: String?
    var key: String?
    var authority: String?
  }

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
    try self.init(
      .server, Files(certificate: certificate, key: key, authority: clientAuthority), protocols)
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
    try self.init(
      .client, Files(certificate: certificate, key: key, authority: authority), protocols)
  }

  private init(_ role: Role, _ files: Files, _ names: [String]) throws(TLSError) {
    self.role = role
    self.files = files
    protocols = Protocols(names)
    pointer = try Self.read(files, for: role, protocols)
  }

  deinit { SSL_CTX_free(pointer) }

  /// Reads the files again, for the sessions from now on; those that are open are not touched. When it
  /// throws, all stays as it was.
  public func reload() throws(TLSError) {
    let renewed = try Self.read(files, for: role, protocols)
    SSL_CTX_free(pointer)
    pointer = renewed
  }

  /// A session of one connection. A client names the server: the certificate must be for this host name
  /// or IP address. Without a name any certificate of the authority will do: only for authorities that
  /// sign nobody else's.
  public func session(serverName: String? = nil) throws(TLSError) -> TLSSession {
    try TLSSession(self, serverName: serverName)
  }

  /// When the certificate ends, in seconds since 1970; nil without one.
  public var certificateEnd: Double? {
    guard let certificate = SSL_CTX_get0_certificate(pointer) else { return nil }
    var time = tm()
    guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return nil }
    return Double(timegm(&time))
  }

  // MARK: - Files

  private static func read(
    _ files: Files, for role: Role, _ protocols: Protocols
  ) throws(TLSError) -> OpaquePointer {
    ERR_clear_error()
    let method = role == .server ? TLS_server_method() : TLS_client_method()
    guard let pointer = SSL_CTX_new(method) else { throw .last("TLS") }
    do throws(TLSError) {
      guard focal_tls_configure(pointer) == 1 else { throw .last("TLS") }
      try protocols.apply(to: pointer, role)
      if let certificate = files.certificate, let key = files.key {
        try use(certificate, key: key, in: pointer)
      }
      try trust(files.authority, role, in: pointer)
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
    return pointer
  }

  private static func use(
    _ certificate: String, key: String, in pointer: OpaquePointer
  ) throws(TLSError) {
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

  private static func trust(
    _ authority: String?, _ role: Role, in pointer: OpaquePointer
  ) throws(TLSError) {
    if let authority {
      guard SSL_CTX_load_verify_file(pointer, authority) == 1 else {
        throw .last("reading \(authority)")
      }
    }
    if role == .client {
      guard authority != nil || SSL_CTX_set_default_verify_paths(pointer) == 1 else {
        throw .last("reading the system's authorities")
      }
      SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    } else if let authority {
      guard let names = SSL_load_client_CA_file(authority) else {
        throw .last("reading \(authority)")
      }
      SSL_CTX_set_client_CA_list(pointer, names)
      SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
  }
}

extension TLSContext {
  /// The names of ALPN (RFC 7301), as OpenSSL wants them: kept in place, since it asks again for each
  /// session of a server.
  private final class Protocols {
    nonisolated(unsafe) private let list: UnsafeMutablePointer<focal_tls_protocols>
    nonisolated(unsafe) private let names: UnsafeMutableBufferPointer<UInt8>

    init(_ texts: [String]) {
      let bytes = texts.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
      names = .allocate(capacity: bytes.count)
      _ = names.initialize(from: bytes)
      list = .allocate(capacity: 1)
      list.initialize(
        to: focal_tls_protocols(names: names.baseAddress, count: UInt32(bytes.count)))
    }

    deinit {
      list.deallocate()
      names.deallocate()
    }

    func apply(to pointer: OpaquePointer, _ role: Role) throws(TLSError) {
      guard !names.isEmpty else { return }
      if role == .server {
        focal_tls_serve_protocols(pointer, list)
      } else {
        // The one function of OpenSSL that answers 0 when all is well.
        guard SSL_CTX_set_alpn_protos(pointer, names.baseAddress, UInt32(names.count)) == 0 else {
          throw .last("TLS")
        }
      }
    }
  }
}
