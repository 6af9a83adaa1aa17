import Configuration
import EventLoop
import Glibc
import Network
import Observability

/// The certificates of a process, read again at SIGHUP: connections that are open go on with what they
/// have, those after it get the new.
final class Certificates {
  private var contexts: [TLSContext] = []
  private var source: SignalSource?

  init() {
    source = SignalSource([SIGHUP]) { [weak self] _ in self?.reload() }
  }

  /// Mutual TLS with the other processes, by `RPC_TLS_CERT`, `RPC_TLS_KEY` and `RPC_TLS_CA` (PEM files);
  /// nil without them.
  func peers(_ environment: Environment) -> (server: TLSContext, client: TLSContext)? {
    let names = ["RPC_TLS_CERT", "RPC_TLS_KEY", "RPC_TLS_CA"]
    let files = names.compactMap { environment.optionalString($0) }
    guard !files.isEmpty else { return nil }
    guard files.count == names.count else {
      environment.report("RPC_TLS_CERT", "needs RPC_TLS_KEY and RPC_TLS_CA beside it")
      return nil
    }
    do throws(TLSError) {
      let server = try TLSContext(
        serverCertificate: files[0], key: files[1], clientAuthority: files[2], protocols: [])
      let client = try TLSContext(
        clientAuthority: files[2], certificate: files[0], key: files[1])
      contexts += [server, client]
      tell(server, use: "peers")
      return (server, client)
    } catch {
      environment.report("RPC_TLS_CERT", "\(error)")
      return nil
    }
  }

  /// What clients from outside see, by `TLS_CERT` and `TLS_KEY` (PEM files); nil without them.
  func published(_ environment: Environment) -> TLSContext? {
    let certificate = environment.optionalString("TLS_CERT")
    let key = environment.optionalString("TLS_KEY")
    guard certificate != nil || key != nil else { return nil }
    guard let certificate, let key else {
      environment.report("TLS_CERT", "and TLS_KEY belong together")
      return nil
    }
    do throws(TLSError) {
      let context = try TLSContext(serverCertificate: certificate, key: key)
      contexts.append(context)
      tell(context, use: "public")
      return context
    } catch {
      environment.report("TLS_CERT", "\(error)")
      return nil
    }
  }

  /// An alert counts the days that are left.
  private func tell(_ context: TLSContext, use: String) {
    Metrics.shared.gauges(
      "tls_certificate_end_timestamp_seconds", "When a certificate ends, since the Unix epoch.",
      labels: ["use"]
    ) { context.certificateEnd.map { [([use], $0)] } ?? [] }
  }

  private func reload() {
    for context in contexts {
      do throws(TLSError) {
        try context.reload()
        Log.shared.info("certificate read again")
      } catch {
        // The old one still serves.
        Log.shared.error("certificate not read again", ["error": .error(error)])
      }
    }
  }
}
