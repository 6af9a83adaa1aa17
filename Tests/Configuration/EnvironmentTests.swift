import Foundation
import Testing
import Wire

@testable import Configuration

struct EnvironmentTests {
  private enum Color: String, CaseIterable { case red, green }

  private func problems(_ environment: Configuration.Environment) -> [String] {
    do {
      try environment.finish()
      return []
    } catch {
      return error.problems.map { "\($0.name): \($0.text)" }
    }
  }

  @Test func settingsHaveTypes() {
    let environment = Environment([
      "NAME": "x", "PORT": "8080", "SCALE": "1.5", "ON": "Yes", "ORIGINS": "a, b ,,c",
      "ADDRESS": "tcp:localhost:7101", "SOCKETS": "unix:/run/a.sock,[::1]:80",
      "SECRET": "0123456789abcdef", "DATABASE_URL": "postgres://u:p@h/db", "COLOR": "green",
    ])
    #expect(environment.string("NAME") == "x")
    #expect(environment.int("PORT", in: 0...65535) == 8080)
    #expect(environment.port("PORT") == 8080)
    #expect(environment.double("SCALE") == 1.5)
    #expect(environment.bool("ON"))
    #expect(environment.list("ORIGINS") == ["a", "b", "c"])
    #expect(environment.address("ADDRESS") == "tcp:localhost:7101")
    #expect(environment.addresses("SOCKETS") == ["unix:/run/a.sock", "[::1]:80"])
    #expect(environment.secret("SECRET", bytesMin: 16).reveal() == "0123456789abcdef")
    #expect(
      environment.secretURL("DATABASE_URL", schemes: ["postgres"]).reveal() == "postgres://u:p@h/db"
    )
    #expect(environment.choice("COLOR", default: Color.red) == .green)
    #expect(problems(environment).isEmpty)
  }

  @Test func defaultsServeWhatIsAbsentOrEmpty() {
    let environment = Environment(["EMPTY": "", "EMPTY_FILE": ""])
    #expect(environment.string("EMPTY", default: "d") == "d")
    #expect(environment.int("ABSENT", default: 3) == 3)
    #expect(environment.double("ABSENT", default: 0.5) == 0.5)
    #expect(environment.bool("ABSENT", default: true))
    #expect(environment.list("ABSENT", default: ["a"]) == ["a"])
    #expect(environment.address("ABSENT", default: "h:1") == "h:1")
    #expect(environment.optionalString("ABSENT") == nil)
    #expect(environment.optionalSecret("ABSENT") == nil)
    #expect(environment.optionalURL("ABSENT", schemes: ["smtp"]) == nil)
    #expect(environment.choice("ABSENT", default: Color.red) == .red)
    #expect(!environment.has("EMPTY"))
    #expect(problems(environment).isEmpty)
  }

  @Test func everyProblemIsToldAtOnce() {
    let environment = Environment([
      "PORT": "http", "POOL": "0", "SCALE": "nan", "FLAG": "maybe", "A": "host", "KIND": "RSA",
      "SHORT": "abc", "URL": "ftp://x",
    ])
    _ = environment.int("PORT", default: 1)
    _ = environment.int("POOL", in: 1...100)
    _ = environment.double("SCALE", default: 1)
    _ = environment.bool("FLAG")
    _ = environment.addresses("A")
    _ = environment.choice("KIND", default: Color.red)
    _ = environment.secret("SHORT", bytesMin: 32)
    _ = environment.url("URL", schemes: ["http", "https"])
    _ = environment.string("MISSING")
    _ = environment.string("MISSING")
    environment.report("BOTH", "do not go together")
    #expect(
      problems(environment) == [
        "PORT: 'http' is not a whole number", "POOL: 0 is not in 1 to 100",
        "SCALE: 'nan' is not a number", "FLAG: 'maybe' is not true or false",
        "A: is not tcp:host:port or unix:path", "KIND: 'RSA' is not one of red, green",
        "SHORT: has fewer than 32 bytes", "URL: must begin with http:// or https://",
        "MISSING: is not set", "BOTH: do not go together",
      ])
  }

  @Test func valueMayComeFromAFile() throws {
    let path = NSTemporaryDirectory() + "focal-setting-\(UUID().uuidString)"
    try "s3cret\n".write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let environment = Environment(["PASSWORD_FILE": path])
    #expect(environment.has("PASSWORD"))
    #expect(environment.secret("PASSWORD").reveal() == "s3cret")
    #expect(problems(environment).isEmpty)
  }

  @Test func fileFailuresAreProblems() throws {
    let path = NSTemporaryDirectory() + "focal-setting-\(UUID().uuidString)"
    try Data(repeating: 0xFF, count: 3).write(to: URL(fileURLWithPath: path))
    let large = path + "-large"
    try Data(repeating: 0x61, count: 70_000).write(to: URL(fileURLWithPath: large))
    defer {
      try? FileManager.default.removeItem(atPath: path)
      try? FileManager.default.removeItem(atPath: large)
    }
    let environment = Environment([
      "A_FILE": "/does/not/exist", "B": "x", "B_FILE": path, "C_FILE": path, "D_FILE": large,
    ])
    for name in ["A", "B", "C", "D"] { _ = environment.secret(name) }
    #expect(
      problems(environment) == [
        "A_FILE: cannot read /does/not/exist: No such file or directory",
        "B: is set, and B_FILE too", "C_FILE: \(path) is not UTF-8",
        "D_FILE: \(large) is larger than 65536 bytes",
      ])
  }

  @Test func problemsShowNoSecret() {
    let environment = Environment(["S": "hunter2", "U": "redis://:hunter2@h", "A": "u:hunter2@h"])
    _ = environment.secret("S", bytesMin: 32)
    _ = environment.secretURL("U", schemes: ["postgres"])
    _ = environment.address("A")
    #expect(problems(environment).count == 3)
    #expect(!problems(environment).joined().contains("hunter2"))
  }

  @Test(arguments: [
    "", "host", "host:", ":80", "host:65536", "host:-1", "tcp:host", "unix:", "a b:80", "::1:80",
    "http://h:80", "unix:" + String(repeating: "p", count: 108),
  ])
  func malformedAddressesAreProblems(_ text: String) {
    #expect(AddressText.fault(of: text) != nil)
  }

  @Test(arguments: ["h:80", "tcp:h:80", "127.0.0.1:0", "[::1]:80", "tcp:[fe80::1]:80", "unix:a"])
  func addressesAreRight(_ text: String) {
    #expect(AddressText.fault(of: text) == nil)
  }

  @Test func processEnvironmentIsRead() {
    setenv("FOCAL_TEST_SETTING", "a=b", 1)
    #expect(Environment().string("FOCAL_TEST_SETTING") == "a=b")
  }

  @Test func wrongSettingsExit78() async {
    await #expect(processExitsWith: .exitCode(78)) {
      await MainActor.run {
        let environment = Environment([:])
        _ = environment.string("MISSING")
        environment.finishOrExit()
      }
    }
  }

  @Test func secretsAreNotShown() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(["a": secret], to: &dumped)
    #expect(!"\(secret) \(String(reflecting: secret)) \([secret]) \(dumped)".contains("hunter2"))
    #expect(secret.reveal() == "hunter2")
    #expect(secret.byteCount == 7)
  }
}
