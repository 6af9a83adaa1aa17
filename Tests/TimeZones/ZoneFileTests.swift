import EventLoopTesting
import Testing

@testable import TimeZones

struct ZoneFileTests {
  /// One change at second 1,000 to UTC+1, in version 2 with a rule.
  private var sample: [UInt8] {
    var bytes = header(version: 0x32, transitions: 0, types: 1, characters: 4)
    bytes += [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
    bytes += header(version: 0x32, transitions: 1, types: 2, characters: 8)
    bytes += [0, 0, 0, 0, 0, 0, 3, 232, 1]
    bytes += [0, 0, 0, 0, 0, 0] + [0, 0, 0x0E, 0x10, 0, 4]
    bytes += Array("UTC\0CET\0".utf8) + Array("\nCET-1\n".utf8)
    return bytes
  }

  private func header(version: UInt8, transitions: UInt8, types: UInt8, characters: UInt8)
    -> [UInt8]
  {
    Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
      + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, transitions, 0, 0, 0, types]
      + [0, 0, 0, characters]
  }

  @Test func offsetsChangeAtTheirTransition() throws {
    let zone = try #require(Zone(name: "Test", tzif: sample))
    #expect(zone.offsetSeconds(at: 999_999) == 0)
    #expect(zone.offsetSeconds(at: 1_000_000) == 3600)
  }

  @Test func everyTruncationIsRefused() {
    for length in 0..<sample.count {
      #expect(Zone(name: "Test", tzif: Array(sample[..<length])) == nil)
    }
  }

  @Test func noBytesCrash() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: .min ... .max, using: &random)
      }
      if let zone = Zone(name: "Test", tzif: bytes) {
        _ = zone.date(at: .random(in: -5_000_000_000_000...5_000_000_000_000, using: &random))
      }
    }
  }

  @Test(arguments: [
    "../../../etc/passwd", "/etc/passwd", "Europe", "right/UTC", "Europe/Nowhere", "", "zone.tab",
    "Europe/Berlin ", "Europe/../UTC", "localtime", "a\0b",
  ])
  func otherNamesAreNoZones(_ name: String) {
    #expect(ZoneDatabase.shared.zone(named: name) == nil)
  }

  @Test func aFullCacheStartsAgain() {
    let database = ZoneDatabase(zonesMax: 2)
    for name in ["Europe/Berlin", "Asia/Tokyo", "Africa/Cairo", "Europe/Berlin"] {
      #expect(database.zone(named: name)?.name == name)
    }
  }
}
