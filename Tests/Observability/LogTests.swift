import Foundation
import Testing

@testable import Observability

/// Takes `room` bytes, then nothing until it gets more.
private final class Collected: LogOutput {
  var bytes: [UInt8] = []
  var room = Int.max
  var isGone = false

  func write(_ new: UnsafeRawBufferPointer) -> Int? {
    if isGone { return nil }
    let count = min(room, new.count)
    bytes += new[..<count]
    room -= room == .max ? 0 : count
    return count
  }

  var lines: [[String: Any]] {
    bytes.split(separator: 0x0A).map {
      (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any] ?? [:]
    }
  }
}

struct LogTests {
  @Test func aLineIsOneJSONObjectWithItsTypedFields() throws {
    let output = Collected()
    let log = Log(service: "auth", output: output)
    log.info(
      "said",
      ["text": "x", "count": -3, "ratio": 0.5, "on": true, "took": .duration(.microseconds(1500))])
    let line = try #require(output.lines.first)
    #expect(output.bytes.last == 0x0A)
    #expect(line["level"] as? String == "info")
    #expect(line["service"] as? String == "auth")
    #expect(line["pid"] as? Int == Int(getpid()))
    #expect(line["message"] as? String == "said")
    #expect(line["text"] as? String == "x")
    #expect(line["count"] as? Int == -3)
    #expect(line["ratio"] as? Double == 0.5)
    #expect(line["on"] as? Bool == true)
    #expect(line["took_ms"] as? Double == 1.5)
    let time = try #require(line["time"] as? String)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
  }

  @Test(arguments: [
    "quote \" backslash \\ newline \n return \r tab \t", "\u{0}\u{1}\u{1b}[31m\u{7f}",
    "\u{80}\u{9b}\u{9f}\u{a0}", "\u{2028}é€🙂", "",
  ])
  func everyStringComesBackAsItWas(_ text: String) throws {
    let output = Collected()
    Log(service: text, output: output).error(text, ["field": .string(text)])
    let line = try #require(output.lines.first)
    #expect(line["service"] as? String == text)
    #expect(line["message"] as? String == text)
    #expect(line["field"] as? String == text)
    #expect(output.bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    #expect(
      !String(decoding: output.bytes, as: UTF8.self).unicodeScalars.contains {
        (0x80...0x9F).contains($0.value)
      })
  }

  @Test func longStringsAreCutAtACharacter() throws {
    let output = Collected()
    let log = Log(service: "s", output: output)
    log.info("a" + String(repeating: "🙂", count: 5000))
    let message = try #require(output.lines.first?["message"] as? String)
    #expect(message.hasSuffix("🙂…"))
    #expect(message.utf8.count <= LogEncoder.stringBytesMax + 3)
  }

  @Test func numbersThatJSONLacksAreStrings() throws {
    let output = Collected()
    Log(service: "s", output: output).info("m", ["a": .double(.nan), "b": .double(-.infinity)])
    #expect(output.lines.first?["a"] as? String == "nan")
    #expect(output.lines.first?["b"] as? String == "-inf")
  }

  @Test func linesBelowTheLevelAreNotEvenMade() {
    let output = Collected()
    let log = Log(service: "s", output: output)
    log.level = .warning
    var evaluated = 0
    func message() -> String {
      evaluated += 1
      return "m"
    }
    log.debug(message())
    log.info(message())
    log.warning(message())
    #expect(evaluated == 1)
    #expect(output.lines.count == 1)
    #expect(log.warnings == 1)
  }

  @Test func linesWaitForTheEndOfTheTurn() {
    let output = Collected()
    let log = Log(service: "s", output: output)
    var asked = 0
    log.whenDirty = { asked += 1 }
    log.info("one")
    log.info("two")
    #expect(asked == 1)
    #expect(output.bytes.isEmpty)
    log.flush()
    #expect(output.lines.count == 2)
    log.info("three")
    #expect(asked == 2)
  }

  @Test func slowReaderCostsLinesNotMemory() {
    let output = Collected()
    output.room = 0
    let log = Log(service: "s", output: output)
    for _ in 0..<20_000 { log.info(String(repeating: "x", count: 100)) }
    #expect(log.linesDropped > 0)
    output.room = .max
    log.flush()
    #expect(output.bytes.count < Log.bufferedBytesMax + 8192)
    #expect(output.lines.allSatisfy { $0["message"] != nil })
    #expect(output.lines.count + log.linesDropped == 20_000)
  }

  @Test func aPartWrittenIsNotWrittenAgain() {
    let output = Collected()
    output.room = 10
    let log = Log(service: "s", output: output)
    log.info("one")
    output.room = .max
    log.info("two")
    #expect(output.lines.map { $0["message"] as? String } == ["one", "two"])
  }

  @Test func goneReaderIsNoError() {
    let output = Collected()
    output.isGone = true
    let log = Log(service: "s", output: output)
    log.info("one")
    output.isGone = false
    log.info("two")
    #expect(output.lines.count == 1)
  }

  @Test func fieldsOfAScopeAreInEveryLine() {
    let output = Collected()
    let log = Log(service: "s", output: output).with(["request_id": "r1"])
    log.info("one")
    log.error("two", ["status": 500])
    #expect(output.lines.allSatisfy { $0["request_id"] as? String == "r1" })
    #expect(output.lines[1]["status"] as? Int == 500)
  }

  @Test func fullPipeDoesNotBlockAndKeepsLinesWhole() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let log = Log(service: "s", output: DescriptorOutput(descriptor: ends[1]))
    log.whenDirty = {}
    for _ in 0..<2000 { log.info(String(repeating: "y", count: 200)) }
    log.flush()
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let lineCount = 2000
    while received.count(where: { $0 == 0x0A }) < lineCount {
      let count = read(ends[0], &chunk, chunk.count)
      try #require(count > 0)
      received += chunk[..<count]
      log.flush()
    }
    #expect(received.split(separator: 0x0A).allSatisfy { $0.first == 0x7B && $0.last == 0x7D })
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.007Z"), (951_782_400, "2000-02-29T00:00:00.007Z"),
    (4_102_444_799, "2099-12-31T23:59:59.007Z"),
  ])
  func timesAreRFC3339(_ second: Int, _ text: String) {
    var time = LogTime()
    var bytes: [UInt8] = []
    time.append(second: second, milliseconds: 7, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test func levelsHaveNames() {
    for level in LogLevel.allCases { #expect(LogLevel(name: level.name.uppercased()) == level) }
    #expect(LogLevel(name: "loud") == nil)
  }
}
