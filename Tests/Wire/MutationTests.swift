import Foundation
import Samples
import Testing
import Wire

/// Hostile bytes: valid ones, changed at random. Nothing may crash, leak or grow without bound, and
/// what is taken has to be sound.
///
/// `WIRE_MUTATIONS` says how many (default 20,000 of each kind), `WIRE_SEED` which; under the
/// address sanitizer: `Tests/Fuzz/wire/run`.
struct MutationTests {
  private let count: Int
  private let seed: UInt64
  private let gate = Gate.shared

  init() {
    let environment = ProcessInfo.processInfo.environment
    count = environment["WIRE_MUTATIONS"].flatMap { Int($0) } ?? 20_000
    seed = environment["WIRE_SEED"].flatMap { UInt64($0) } ?? 20_261_121
  }

  private var everything: Everything {
    Everything(
      text: "text é", data: [0, 1, 2], flag: true, small: -7, natural: 7, large: 1 << 60,
      larger: .max, narrow: 0.5, wide: 1e300, color: .red, phase: .work,
      point: Point(label: "p", x: 1, y: 2), at: 1_767_225_600_000, maybeText: "", maybeData: [9],
      maybeFlag: false, maybeSmall: 0, maybeWide: 2, maybeColor: .darkBlue, maybePoint: Point(),
      nothing: "n", texts: ["a", "b"], datas: [[1], []], flags: [true, false], smalls: [1, -2, 3],
      larges: [1 << 40], wides: [0.25, -1], colors: [.red],
      points: [Point(label: "q"), Point(x: 3)],
      labels: ["k": "v", "l": "w"], counts: ["c": 5], places: ["o": Point(label: "r")],
      choice: .spot(Point(label: "s")), password: Secret("secret"), default: true, class: "c",
      zigzag: -5, fixed: 6, signedFixed: -6)
  }

  private func tree(_ levels: Int) -> Branch {
    Branch(text: "\(levels)", replies: levels == 0 ? [] : [tree(levels - 1), Branch(text: "leaf")])
  }

  /// Tags and lengths that open what the contract has.
  private static let wireDictionary: [[UInt8]] = [
    [0x0a, 0x00], [0x12, 0x02], [0x62, 0x00], [0x62, 0x02, 0x08, 0x01], [0xea, 0x01, 0x00],
    [0xf2, 0x01, 0x04, 0x0a, 0x00, 0x12, 0x00], [0x9a, 0x02, 0x02, 0x10, 0x01], [0x82, 0x02, 0x00],
    [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], [0x0b], [0x0c],
    [0xca, 0x01, 0x05, 1, 2, 3, 4, 5], [0xd2, 0x01, 0x80],
  ]

  @Test func hostileProtobufIsRefusedOrSound() throws {
    let corpus = [
      try everything.bytes(), try Tree(items: [tree(3)], nextCursor: "c").bytes(),
      try tree(2).bytes(), try Answer(accessToken: Secret("a"), expiresIn: 5).bytes(), [],
    ]
    var mutator = Mutator(seed: seed, dictionary: Self.wireDictionary)
    var taken = 0
    for round in 0..<count {
      let bytes = mutator.mutate(mutator.pick(corpus), corpus)
      taken += check(Everything.self, bytes, round) ? 1 : 0
      _ = check(Tree.self, bytes, round)
      if let text = try? gate.answer("/api/v1/everything", bytes), round % 16 == 0 {
        expectJSON(text, bytes, round)
      }
      _ = try? gate.answer("/api/v1/tree", bytes)
    }
    // Both sides of the border have to be met.
    #expect(taken > count / 50 && taken < count)
  }

  /// What is read, written and read again is the same.
  private func check<M: Message>(_ type: M.Type, _ bytes: [UInt8], _ round: Int) -> Bool {
    guard let value = try? M(bytes: bytes) else { return false }
    do {
      let written = try value.bytes()
      if try M(bytes: written).bytes() != written {
        Issue.record("\(M.self) changes, round \(round), seed \(seed): \(bytes)")
      }
    } catch {
      Issue.record("\(M.self) cannot be read back, round \(round), seed \(seed): \(bytes)")
    }
    return true
  }

  private func expectJSON(_ text: String, _ bytes: [UInt8], _ round: Int) {
    if (try? JSONSerialization.jsonObject(with: Data(text.utf8))) == nil {
      Issue.record("no JSON, round \(round), seed \(seed): \(text)")
    }
  }

  private static let jsonDictionary: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud83d\\ude00", "\\ud800", "null", "true",
      "1e999", "-0", "9223372036854775808", "\"text\":", "\"point\":{", "\"points\":[",
      "\"labels\":{", "\"replies\":[{", "{\"items\":[", "2026-01-01T00:00:00Z", "\u{0}", "\u{7f}",
    ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]

  @Test func hostileJSONIsRefusedOrSound() throws {
    let corpus =
      [
        try gate.answer("/api/v1/everything", try everything.bytes()),
        try gate.answer("/api/v1/tree", try Tree(items: [tree(3)]).bytes()),
        #"{"name":"ab","tags":["a"],"code":"abc-12","count":3,"minutes":1.5,"day":"2026-02-28"}"#,
        "{}",
      ].map { Array($0.utf8) }
    var mutator = Mutator(seed: seed, dictionary: Self.jsonDictionary)
    let id = "0190b7e4-3f9c-7a3b-8000-0123456789ab"
    var taken = 0
    for round in 0..<count {
      let bytes = mutator.mutate(mutator.pick(corpus), corpus)
      if let message = try? gate.request("/api/v1/everything", bytes: bytes) {
        taken += 1
        expectSound(Everything.self, message, bytes, round)
        if (try? JSONSerialization.jsonObject(with: Data(bytes))) == nil, !bytes.isEmpty {
          Issue.record("takes what is no JSON, round \(round), seed \(seed): \(bytes)")
        }
      }
      if let message = try? gate.request("/api/v1/tree", bytes: bytes) {
        expectSound(Tree.self, message, bytes, round)
      }
      if let message = try? gate.request("/api/v1/strict/{id}", bytes: bytes, path: [id]) {
        expectSound(Strict.self, message, bytes, round)
      }
    }
    #expect(taken > count / 100 && taken < count)
  }

  @Test func hostileQueriesAreRefusedOrSound() throws {
    let corpus = [
      "limit=20&colors=red&since=2026-01-01T00:00:00Z&onlyMine=true&q=a%20b&ratio=0.5&years=1",
      "years=1&years=2&years=3", "text=%C3%A9", "",
    ].map { Array($0.utf8) }
    let dictionary = ["%", "%00", "%ff", "&", "=", "+", "&&=", "limit=", "years=", "%C3%A9"]
      .map { Array($0.utf8) }
    var mutator = Mutator(seed: seed, dictionary: dictionary)
    for round in 0..<count {
      let bytes = mutator.mutate(mutator.pick(corpus), corpus)
      let query = String(decoding: bytes, as: UTF8.self)
      let path = mutator.pick(["0190b7e4-3f9c-7a3b-8000-0123456789ab", query, "%30"])
      if let message = try? gate.request(
        "/api/v1/users/{user_id}/things", path: [path], query: query)
      {
        expectSound(Search.self, message, bytes, round)
      }
    }
  }

  private func expectSound<M: Message>(
    _ type: M.Type, _ message: [UInt8], _ bytes: [UInt8], _ round: Int
  ) {
    if (try? M(bytes: message)) == nil {
      Issue.record("gives no \(M.self), round \(round), seed \(seed): \(bytes)")
    }
  }
}
