/// What a TZif file says (RFC 8536): the changes of a zone's clock, and the rule that follows them.
nonisolated struct ZoneFile: Sendable {
  /// Seconds since the epoch, ascending.
  var transitions: [Int64] = []
  /// The offset from each transition on, in seconds east of UTC.
  var offsets: [Int32] = []
  /// The offset before the first transition.
  var firstOffset: Int32 = 0
  var rule: PosixRule?

  /// No change, and the same time everywhere: UTC.
  init() {}

  /// Why a file is not taken.
  enum Failure: Error, Hashable {
    case notTZif
    case truncated
    case malformed
    /// A file of the "right" family, whose seconds are not POSIX'.
    case leapSeconds
  }

  /// Reads a whole file. Never reads outside `bytes`, whatever they are.
  init(parsing bytes: [UInt8]) throws(Failure) {
    var reader = Reader(bytes: bytes)
    let header = try reader.header()
    if header.version == 0 {
      try readBlock(&reader, header, timeBytes: 4)
      return
    }
    // The first block is for readers that know 32 bits only.
    try reader.skip(header.blockBytes(timeBytes: 4))
    let wide = try reader.header()
    try readBlock(&reader, wide, timeBytes: 8)
    rule = try reader.footer()
    writeOutRule()
  }

  /// Lists what the rule makes of the coming decades, so that a lookup is a search and no more.
  private mutating func writeOutRule() {
    guard let rule, let last = transitions.last else { return }
    let day = CivilDate(daysSinceEpoch: Int(floorDivide(max(last, 0), 86_400)))
    let first = day.components.year
    guard first < Self.ruleWrittenOutUntil else { return }
    for year in stride(from: first + 1, through: Self.ruleWrittenOutUntil, by: 3) {
      for change in rule.changes(around: year) where change.at > transitions[transitions.count - 1]
      {
        transitions.append(change.at)
        offsets.append(Int32(change.offset))
      }
    }
  }

  private static let ruleWrittenOutUntil = 2100

  private mutating func readBlock(
    _ reader: inout Reader, _ header: Header, timeBytes: Int
  ) throws(Failure) {
    guard header.leaps == 0 else { throw .leapSeconds }
    guard header.types > 0 else { throw .malformed }
    try reader.require(header.blockBytes(timeBytes: timeBytes))

    for _ in 0..<header.transitions {
      let time = reader.integer(bytes: timeBytes)
      if let last = transitions.last, time <= last { throw .malformed }
      transitions.append(time)
    }
    let indices = (0..<header.transitions).map { _ in Int(reader.integer(bytes: 1) & 0xFF) }
    var typeOffsets: [Int32] = []
    for _ in 0..<header.types {
      let offset = reader.integer(bytes: 4)
      // RFC 8536 3.2: more than -25 h, less than 26 h.
      guard offset > -90_000, offset < 93_600 else { throw .malformed }
      typeOffsets.append(Int32(offset))
      try reader.skip(2)
    }
    for index in indices {
      guard index < typeOffsets.count else { throw .malformed }
      offsets.append(typeOffsets[index])
    }
    firstOffset = typeOffsets[0]
    try reader.skip(header.characters + header.standardFlags + header.universalFlags)
  }

  private struct Header {
    var version: UInt8
    var universalFlags, standardFlags, leaps, transitions, types, characters: Int

    func blockBytes(timeBytes: Int) -> Int {
      transitions * (timeBytes + 1) + types * 6 + characters + leaps * (timeBytes + 4)
        + standardFlags + universalFlags
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    func require(_ count: Int) throws(Failure) {
      guard count <= bytes.count - index else { throw .truncated }
    }

    mutating func skip(_ count: Int) throws(Failure) {
      try require(count)
      index += count
    }

    mutating func header() throws(Failure) -> Header {
      try require(44)
      guard bytes[index..<(index + 4)].elementsEqual("TZif".utf8) else { throw .notTZif }
      let version = bytes[index + 4]
      index += 20
      var counts: [Int] = []
      for _ in 0..<6 {
        let count = Int(integer(bytes: 4))
        guard (0...1_000_000).contains(count) else { throw .malformed }
        counts.append(count)
      }
      return Header(
        version: version, universalFlags: counts[0], standardFlags: counts[1], leaps: counts[2],
        transitions: counts[3], types: counts[4], characters: counts[5])
    }

    /// A big-endian signed integer; the caller has required its bytes.
    mutating func integer(bytes count: Int) -> Int64 {
      var value = Int64(Int8(bitPattern: bytes[index]))
      for byte in bytes[(index + 1)..<(index + count)] { value = value << 8 | Int64(byte) }
      index += count
      return value
    }

    /// The `TZ` string between two line feeds; nil where it is empty.
    mutating func footer() throws(Failure) -> PosixRule? {
      let newline = UInt8(ascii: "\n")
      guard index < bytes.count, bytes[index] == newline,
        let end = bytes[(index + 1)...].firstIndex(of: newline)
      else { throw .truncated }
      let text = bytes[(index + 1)..<end]
      if text.isEmpty { return nil }
      guard let rule = PosixRule(parsing: text) else { throw .malformed }
      return rule
    }
  }
}
