import EventLoopTesting
import Glibc
import Testing

@testable import TimeZones

/// Our offsets against the C library's, in every zone of the machine.
struct ZoneOracleTests {
  @Test func offsetsEqualTheCLibrarys() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let before = getenv("TZ").map { String(cString: $0) }
    defer {
      if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
      tzset()
    }
    for name in try ZoneNames.all() {
      let zone = try #require(ZoneDatabase.shared.zone(named: name), "\(name)")
      setenv("TZ", ":\(name)", 1)
      tzset()
      for _ in 0..<50 {
        let second = Int.random(in: -3_000_000_000...6_000_000_000, using: &random)
        var time = time_t(second)
        var parts = tm()
        localtime_r(&time, &parts)
        #expect(
          zone.offsetSeconds(at: Int64(second) * 1000) == parts.tm_gmtoff, "\(name) \(second)")
      }
    }
  }
}

/// The names of `zone1970.tab`, and some that are not in it.
enum ZoneNames {
  static func all() throws -> [String] {
    let file = try #require(fopen("/usr/share/zoneinfo/zone1970.tab", "r"))
    defer { fclose(file) }
    var names = ["UTC", "Etc/GMT+12", "Etc/GMT-14", "EST5EDT", "CET"]
    var line = [CChar](repeating: 0, count: 1024)
    while fgets(&line, 1024, file) != nil {
      let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
      let fields = text.split(separator: 9)
      if text.first != UInt8(ascii: "#"), fields.count >= 3 {
        names.append(String(decoding: fields[2], as: UTF8.self))
      }
    }
    return names
  }
}
