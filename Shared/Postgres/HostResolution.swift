import Network

/// libpq resolves names by blocking the thread: here the loop's resolver does it before.
extension PostgresConnection {
  func resolveAndStart() {
    guard let host = settings.connectionOption("host"), !host.isEmpty,
      !host.contains("/"), !host.contains(","), settings.connectionOption("hostaddr") == nil
    else { return start() }
    Task {
      do {
        let addresses = try await Resolver.resolve(.tcp(host: host, port: 0))
        start(host: host, addresses: addresses.map(\.host))
      } catch {
        close(PostgresError(.unavailable, "the database's host has no address: \(error)"))
      }
    }
  }
}
