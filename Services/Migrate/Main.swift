import Configuration
import Glibc
import Observability
import Postgres

/// `focal-migrate`: brings every service's schema up to date, then ends.
@main struct Main {
  static func main() {
    Log.shared.start(service: "migrate", level: .info)
    let environment = Environment()
    let url = environment.secret("DATABASE_URL")
    let folder = environment.string("MIGRATIONS", default: "Services")
    var passwords: [String: String] = [:]
    do {
      for service in try Migrator.services(in: folder) {
        let name = "\(service.uppercased())_DATABASE_PASSWORD"
        passwords[service] = environment.optionalSecret(name)?.reveal()
      }
      environment.finishOrExit()
      let known = passwords
      try Migrator(url: url.reveal(), folder: folder, password: { known[$0] }).run { applied in
        Log.shared.info(
          "migration applied",
          [
            "schema": .string(applied.service), "migration": .int(applied.version),
            "file": .string(applied.file), "sha256": .string(applied.sha256),
            "duration": .duration(.milliseconds(applied.milliseconds)),
          ])
      }
    } catch {
      Log.shared.error("migration failed", ["error": .string("\(error)")])
      exit(1)
    }
  }
}
