import EventLoopTesting
import Foundation
import Testing
import Wire

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
    ("1969-12-31T23:59:59.999Z", -1), ("2026-02-28T09:30:00+01:00", 1_772_267_400_000),
    ("2026-02-28t08:30:00z", 1_772_267_400_000), ("2026-02-28 08:30:00Z", 1_772_267_400_000),
    ("2026-02-28T08:30:00.123456789Z", 1_772_267_400_123),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ("2000-02-29T00:00:00-23:59", 951_868_740_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ("2026-02-28T08:30:00.5Z", 1_772_267_400_500), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
  ])
  func reads(_ text: String, _ milliseconds: Int64) {
    #expect(Timestamp.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "2026-02-28", "2026-02-28T08:30:00", "2026-02-28T08:30Z", "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00Zx", "2026-01-01X00:00:00Z",
    "26-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00", "２026-01-01T00:00:00Z", "+2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00 01:00", "2026-1-1T00:00:00Z...",
  ])
  func refuses(_ text: String) {
    #expect(Timestamp.milliseconds(text) == nil)
  }

  @Test func agreesWithFoundation() {
    let seed: UInt64 = 20_260_228
    var generator = SeededGenerator(seed: seed)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<2000 {
      // From the year 1600 on: before, Foundation's calendar is the Julian one.
      let value = Int64.random(in: -11_000_000_000_000...253_402_300_799_999, using: &generator)
      let text = Timestamp.text(milliseconds: value)
      #expect(Timestamp.milliseconds(text) == value, "seed \(seed)")
      let date = try? style.parse(text)
      #expect(
        date.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) } == value,
        "\(text), seed \(seed)")
    }
  }

  @Test func clampsWhatFourDigitsCannotSay() {
    #expect(Timestamp.text(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp.text(milliseconds: .min) == "0001-01-01T00:00:00.000Z")
  }

  @Test func knowsDates() {
    for text in ["2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"] {
      #expect(Timestamp.isDate(text))
    }
    for text in ["", "2026-02-29", "2026-2-28", "2026-02-28T", "2026/02/28", "0000-01-01"] {
      #expect(!Timestamp.isDate(text))
    }
  }
}
