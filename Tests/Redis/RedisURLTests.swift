import Testing

@testable import Redis

@Suite struct RedisURLTests {
  @Test func allPartsAreRead() {
    let url = RedisURL("redis://ann:s%40cret@cache.example:6380/3")
    #expect(url?.place == .tcp(host: "cache.example", port: 6_380))
    #expect(url?.user == "ann")
    #expect(url?.password == "s@cret")
    #expect(url?.database == 3)
  }

  @Test func whatIsLeftOutHasADefault() {
    #expect(RedisURL("redis://localhost")?.place == .tcp(host: "localhost", port: 6_379))
    #expect(RedisURL("redis://:secret@localhost")?.password == "secret")
    #expect(RedisURL("redis://:secret@localhost")?.user == nil)
    #expect(RedisURL("redis://localhost/")?.database == 0)
    #expect(RedisURL("redis://[::1]:7000")?.place == .tcp(host: "::1", port: 7_000))
    #expect(RedisURL("redis://[::1]")?.place == .tcp(host: "::1", port: 6_379))
  }

  @Test func aPathIsASocket() {
    #expect(RedisURL("unix:/run/redis.sock")?.place == .unix(path: "/run/redis.sock"))
    #expect(RedisURL("unix:///run/redis.sock?db=2")?.database == 2)
    #expect(RedisURL("unix://:secret@/run/redis.sock")?.password == "secret")
    let named = RedisURL("unix://ann:a%2Fb@/run/a@/redis.sock")
    #expect(named?.place == .unix(path: "/run/a@/redis.sock"))
    #expect(named?.user == "ann" && named?.password == "a/b")
    #expect(RedisURL("unix:///run/@/redis.sock")?.password == nil)
    #expect(RedisURL("unix:///run/redis.sock")?.place == .unix(path: "/run/redis.sock"))
  }

  @Test(arguments: [
    "", "http://localhost", "redis://localhost:99999", "redis://localhost/x", "redis://a:%zz@b",
    "redis://localhost/-1", "unix:", "unix://:%zz@/b",
  ])
  func anythingElseIsRefused(_ text: String) { #expect(RedisURL(text) == nil) }
}

@Suite struct CommandEncoderTests {
  private func text(_ arguments: [RedisArgument]) -> String {
    var encoder = CommandEncoder()
    encoder.encode(head: arguments, [])
    #expect(encoder.bytes.last == 0)
    return String(decoding: encoder.bytes.prefix(encoder.count), as: UTF8.self)
  }

  @Test func argumentsAreByteStrings() {
    #expect(text(["GET", "ü"]) == "*2\r\n$3\r\nGET\r\n$2\r\nü\r\n")
    #expect(text(["X", .bytes([0, 13, 10])]) == "*2\r\n$1\r\nX\r\n$3\r\n\0\r\n\r\n")
    #expect(text([""]) == "*1\r\n$0\r\n\r\n")
  }

  @Test(arguments: [0, 9, 10, -1, -10, 99, 100, 12_345, .max, .min])
  func numbersAreDecimal(_ number: Int) {
    let decimal = String(number)
    #expect(text([.int(number)]) == "*1\r\n$\(decimal.utf8.count)\r\n\(decimal)\r\n")
  }
}
