import Samples
import Testing
import Wire

struct MessageTests {
  @Test func bytesComeBack() throws {
    let values = [
      Everything(),
      Everything(
        text: "nul \u{0} inside", data: [0, 1], flag: true, small: .min, natural: .max, large: .min,
        larger: .max, narrow: .pi, wide: .pi, color: .red, phase: .work, point: Point(x: -1),
        at: -1, maybeText: "", maybeData: [], maybeFlag: false, maybeSmall: 0, maybeWide: 0,
        maybeColor: .unspecified, maybePoint: Point(), nothing: "", texts: ["", "a"],
        datas: [[], [1]],
        flags: [true, false], smalls: [0, -1], larges: [.max], wides: [0.5],
        colors: [.red, .darkBlue],
        points: [Point(), Point(label: "l")], labels: ["": "", "a": "b"], counts: ["x": -1],
        places: ["y": Point(x: 2)], choice: .spot(Point(x: 3)), password: Secret("p"),
        default: true, class: "c", zigzag: .min, fixed: .max, signedFixed: .min),
      Everything(choice: .word("")), Everything(choice: .figure(0)), Everything(choice: .blob([])),
    ]
    for value in values { #expect(try Everything(bytes: try value.bytes()) == value) }
  }

  @Test func equalValuesHaveEqualBytes() throws {
    let keys = (0..<50).map { "key\($0)" }
    let one = Everything(labels: Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) }))
    let other = Everything(
      labels: Dictionary(uniqueKeysWithValues: keys.reversed().map { ($0, $0) }))
    #expect(try one.bytes() == other.bytes())
  }

  @Test func refusesStringsThatAreNoUTF8() {
    #expect(throws: WireError.notUTF8) { try Point(bytes: [0x0a, 1, 0xff]) }
  }

  @Test func anEnumValueFromTheFutureIsUnspecified() throws {
    #expect(try Everything(bytes: [0x50, 99]).color == .unspecified)
  }

  @Test func enumsKnowTheirNames() {
    #expect(Color(name: "dark_blue") == .darkBlue)
    #expect(Color.darkBlue.name == "dark_blue")
    #expect(Phase(name: "LONG_BREAK") == .longBreak)
    #expect(Color(name: "unspecified") == nil)
    #expect(Color.unspecified.name == "")
  }

  @Test func refusesNestingPastTheDeclaredDepth() throws {
    func branch(_ levels: Int) -> Branch {
      Branch(text: "\(levels)", replies: levels == 0 ? [] : [branch(levels - 1)])
    }
    #expect(try Branch(bytes: branch(3).bytes()) == branch(3))
    #expect(throws: WireError.tooDeep) { try Branch(bytes: branch(4).bytes()) }
    #expect(try Tree(bytes: Tree(items: [branch(3)]).bytes()).items == [branch(3)])
    #expect(throws: WireError.tooDeep) { try Tree(bytes: Tree(items: [branch(4)]).bytes()) }
  }

  @Test func survivesNestingThatWouldOverflowTheStack() {
    var bytes: [UInt8] = []
    for _ in 0..<20_000 {
      var length = bytes.count
      var head: [UInt8] = [0x12]
      while length >= 0x80 {
        head.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
      }
      head.append(UInt8(length))
      bytes = head + bytes
    }
    #expect(throws: WireError.tooDeep) { try Branch(bytes: bytes) }
  }

  @Test func boundsWhatSmallBytesMakeOfThemselves() {
    // A million empty messages in field 29: three bytes each on the wire, over a hundred in memory.
    let hostile = (0..<1 << 20).flatMap { _ in [0xea, 0x01, 0x00] as [UInt8] }
    #expect(throws: WireError.malformed) { try Everything(bytes: hostile) }
  }

  @Test func tellsWhatAMessageIsInTheTables() {
    #expect(Everything.schema != Point.schema)
    #expect(Routes.all.first { $0.pattern == "/api/v1/everything" }?.input == Everything.schema)
  }
}

struct SecretTests {
  @Test func showsNothingOfItsText() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in [
      "\(secret)", secret.description, secret.debugDescription, String(reflecting: secret), dumped,
      "\(Answer(accessToken: secret, refreshToken: secret))",
      String(reflecting: Answer(accessToken: secret)), "\(Optional(secret) as Any)",
    ] {
      #expect(!text.contains("hunter2"))
    }
    #expect(secret.reveal() == "hunter2")
  }
}

struct ArenaTests {
  @Test func handsOutWhatTheLimitAllowsAndNoMore() {
    let arena = Arena(first: 64, limit: 10_000)
    #expect(throws: Never.self) { try arena.put(String(repeating: "a", count: 5000)) }
    #expect(throws: WireError.outOfMemory) { try arena.put(String(repeating: "a", count: 6000)) }
    #expect(arena.size <= 10_000)
    arena.reset()
    #expect(arena.size <= 64)
    #expect(throws: Never.self) { try arena.put(String(repeating: "a", count: 9000)) }
  }
}
