/// Brings each service's schema to the newest of its migrations.
///
/// For each folder `<services>/<Name>/Migrations`: a role `focal_<name>` that may log in, a schema
/// `<name>` that it owns, and the files that were not applied yet, each in one transaction with its
/// record. An advisory lock lets two migrators run at once; a file that changed after it was applied
/// is refused. It blocks its thread.
nonisolated public struct Migrator: Sendable {
  public struct Applied: Sendable, Hashable {
    public let service: String
    public let version: Int
    public let file: String
    public let sha256: String
    public let milliseconds: Int
  }

  /// The same number for every migrator: "focal" in ASCII.
  static let lockID = 0x66_6F_63_61_6C

  private let url: String
  private let folder: String
  private let password: @Sendable (_ service: String) -> String?

  /// `url` of a role that may create roles and schemas; `folder` with the services' folders;
  /// `password` gives a service's role its password (nil: unchanged).
  public init(
    url: String, folder: String, password: @escaping @Sendable (_ service: String) -> String?
  ) {
    self.url = url
    self.folder = folder
    self.password = password
  }

  /// The services that have migrations: `auth` for `Auth/Migrations`.
  public static func services(in folder: String) throws(MigrationError) -> [String] {
    try folders(in: folder).map(\.service)
  }

  /// Returns what it applied; `onApplied` hears of each at once.
  @discardableResult
  public func run(
    onApplied: (Applied) -> Void = { _ in }
  ) throws(MigrationError) -> [Applied] {
    let folders = try Self.folders(in: folder)
    guard !folders.isEmpty else { throw MigrationError("\(folder): no migrations") }
    // All files are read and checked before anything is changed.
    var plans: [(service: String, files: [MigrationFile])] = []
    for folder in folders {
      plans.append((folder.service, try MigrationFile.all(in: folder.path)))
    }
    let session = try MigrationSession(url: url)
    do {
      try session.execute(
        """
        SET statement_timeout = 0; SET lock_timeout = '10min'; SET client_encoding = 'UTF8';
        SELECT pg_advisory_lock(\(Self.lockID))
        """)
      try revokePublic(session)
    } catch {
      throw MigrationError("preparing: \(error.message)")
    }
    var applied: [Applied] = []
    for plan in plans {
      applied += try migrate(plan.service, plan.files, session, onApplied)
    }
    return applied
  }

  private static func folders(
    in folder: String
  ) throws(MigrationError) -> [(service: String, path: String)] {
    var found: [(service: String, path: String)] = []
    for name in try Folder.names(folder) {
      let path = "\(folder)/\(name)/Migrations"
      guard try !Folder.names(path).isEmpty else { continue }
      let service = name.lowercased()
      guard service.utf8.allSatisfy({ (97...122).contains($0) }), service.utf8.count < 50 else {
        throw MigrationError("\(folder)/\(name): a service's name is letters only")
      }
      found.append((service, path))
    }
    return found
  }

  private func migrate(
    _ service: String, _ files: [MigrationFile], _ session: MigrationSession,
    _ onApplied: (Applied) -> Void
  ) throws(MigrationError) -> [Applied] {
    let known: [Int: String]
    do {
      try prepare(service, session)
      known = try recorded(service, session)
    } catch {
      throw MigrationError("\(service): \(error.message)")
    }
    let newest = known.keys.max() ?? 0
    var applied: [Applied] = []
    for file in files {
      let digest: String
      do {
        digest = try Self.sha256(file.sql, session)
      } catch {
        throw MigrationError("\(service)/\(file.name): \(error.message)")
      }
      if let recorded = known[file.version] {
        guard recorded == digest else {
          throw MigrationError("\(service)/\(file.name): changed after it was applied")
        }
        continue
      }
      guard file.version > newest else {
        throw MigrationError(
          "\(service)/\(file.name): older than version \(newest), applied before")
      }
      let result = try apply(file, digest, service, session)
      applied.append(result)
      onApplied(result)
    }
    return applied
  }

  /// The role and the schema, made where missing.
  private func prepare(
    _ service: String, _ session: MigrationSession
  ) throws(MigrationFailure) {
    let role = "focal_\(service)"
    let database = session.quoted(identifier: try session.column("SELECT current_database()")[0])
    if try session.column("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]).isEmpty {
      try tolerating(["42710", "23505"]) { () throws(MigrationFailure) in
        try session.execute("CREATE ROLE \(role) LOGIN")
      }
    }
    try setPassword(service, role, session)
    // Who is no superuser has to be a member of the role to act as it.
    if try session.column("SELECT pg_has_role($1, 'MEMBER')", [role])[0] != "t" {
      try retrying { () throws(MigrationFailure) in
        try session.execute("GRANT \(role) TO CURRENT_USER")
      }
    }
    try session.execute(
      """
      CREATE SCHEMA IF NOT EXISTS \(service) AUTHORIZATION \(role);
      REVOKE ALL ON SCHEMA \(service) FROM PUBLIC;
      CREATE TABLE IF NOT EXISTS \(service).migrations (
        version integer PRIMARY KEY, file text NOT NULL, sha256 text NOT NULL,
        milliseconds integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
      GRANT SELECT ON \(service).migrations TO \(role);
      """)
    let path = "search_path=\(service)"
    let isSet = try session.column(
      """
      SELECT 1 FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
      JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()
      WHERE r.rolname = $1 AND $2 = ANY (s.setconfig)
      """, [role, path])
    guard isSet.isEmpty else { return }
    try retrying { () throws(MigrationFailure) in
      try session.execute(
        """
        GRANT CONNECT ON DATABASE \(database) TO \(role);
        ALTER ROLE \(role) IN DATABASE \(database) SET search_path = \(service);
        """)
    }
  }

  private func setPassword(
    _ service: String, _ role: String, _ session: MigrationSession
  ) throws(MigrationFailure) {
    guard let password = password(service) else { return }
    guard let verifier = session.verifier(password: password, role: role) else {
      throw MigrationFailure("", "the password of \(role) cannot be encrypted", "")
    }
    let sql = "ALTER ROLE \(role) LOGIN PASSWORD \(session.quoted(literal: verifier))"
    try retrying { () throws(MigrationFailure) in try session.execute(sql) }
  }

  private func revokePublic(_ session: MigrationSession) throws(MigrationFailure) {
    let database = session.quoted(identifier: try session.column("SELECT current_database()")[0])
    try session.execute("REVOKE TEMPORARY ON DATABASE \(database) FROM PUBLIC")
    if try !session.column("SELECT 1 FROM pg_namespace WHERE nspname = 'public'").isEmpty {
      try session.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    }
  }

  private func recorded(
    _ service: String, _ session: MigrationSession
  ) throws(MigrationFailure) -> [Int: String] {
    var known: [Int: String] = [:]
    for row in try session.rows("SELECT version, sha256 FROM \(service).migrations") {
      known[Int(row[0]) ?? 0] = row[1]
    }
    return known
  }

  private func apply(
    _ file: MigrationFile, _ digest: String, _ service: String, _ session: MigrationSession
  ) throws(MigrationError) -> Applied {
    guard let sql = String(validating: file.sql, as: UTF8.self), !file.sql.contains(0) else {
      throw MigrationError("\(service)/\(file.name): not UTF-8 text")
    }
    let clock = ContinuousClock()
    let start = clock.now
    do throws(MigrationFailure) {
      try session.execute(
        """
        BEGIN; SET LOCAL ROLE focal_\(service); SET LOCAL search_path = \(service);
        SET LOCAL lock_timeout = '30s'
        """)
      let transaction = try session.column("SELECT pg_current_xact_id()")[0]
      try session.execute(sql)
      guard session.isInTransaction,
        try session.column("SELECT pg_current_xact_id()")[0] == transaction
      else { throw MigrationFailure("", "a migration must not end its transaction", "") }
      let milliseconds = Int(start.duration(to: clock.now).milliseconds)
      try session.execute("RESET ROLE")
      _ = try session.rows(
        """
        INSERT INTO \(service).migrations (version, file, sha256, milliseconds)
        VALUES ($1::integer, $2, $3, $4::integer)
        """, [String(file.version), file.name, digest, String(milliseconds)])
      try session.execute("COMMIT")
      return Applied(
        service: service, version: file.version, file: file.name, sha256: digest,
        milliseconds: milliseconds)
    } catch {
      // The session may be outside a transaction now: then there is nothing to take back.
      do { try session.execute("ROLLBACK; RESET ROLE") } catch {}
      let line = error.position > 0 ? " (line \(Self.line(error.position, of: sql)))" : ""
      throw MigrationError("\(service)/\(file.name): \(error.message)\(line)")
    }
  }

  private static func line(_ position: Int, of sql: String) -> Int {
    sql.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
  }

  private static func sha256(
    _ bytes: [UInt8], _ session: MigrationSession
  ) throws(MigrationFailure) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return try session.column(
      "SELECT encode(sha256(decode($1, 'hex')), 'hex')", [String(decoding: text, as: UTF8.self)])[0]
  }

  /// Roles belong to all databases of a server, which the lock does not: another database's
  /// migrator may change the same row at the same moment.
  private func retrying(
    _ body: () throws(MigrationFailure) -> Void
  ) throws(MigrationFailure) {
    for _ in 0..<20 {
      do {
        return try body()
      } catch {
        guard error.message == "tuple concurrently updated" else { throw error }
      }
    }
    try body()
  }

  private func tolerating(
    _ states: [String], _ body: () throws(MigrationFailure) -> Void
  ) throws(MigrationFailure) {
    do {
      try body()
    } catch {
      guard states.contains(error.sqlState) else { throw error }
    }
  }
}
