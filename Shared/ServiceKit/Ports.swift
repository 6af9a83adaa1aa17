/// The default ports of the processes (contract: operations, names and ports).
struct Ports {
  let rpc: Int?
  let admin: Int

  private static let services = [
    "gateway", "auth", "sessions", "gamification", "community", "messaging", "quotes",
  ]

  init(of name: String) {
    let index = Self.services.firstIndex(of: name) ?? 0
    rpc = index == 0 ? nil : 7100 + index
    admin = 9100 + index
  }
}
