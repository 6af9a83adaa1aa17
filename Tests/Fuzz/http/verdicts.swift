// What Focal's parser makes of each case on the standard input: u32 length (little-endian), bytes.
// Prints a line a message and a line at the end, as llhttp_verdicts.c does. Each case is parsed
// whole, byte by byte, and in two ways between; a difference is printed as the end `split`.
// Compiled together with the sources of Shared/HTTP/Parser, which need nothing else.
import Glibc

@main enum Verdicts {
  static func main() {
    while let count = readCount() {
      let bytes = readBytes(count)
      let whole = judge(bytes, pieceBytes: bytes.count)
      let isSame = [1, 3, 17].allSatisfy { judge(bytes, pieceBytes: $0) == whole }
      print(isSame ? whole : whole + "\nend split")
    }
  }

  private static let input = fdopen(STDIN_FILENO, "rb")

  private static func readCount() -> Int? {
    var count: UInt32 = 0
    guard let input, fread(&count, 4, 1, input) == 1 else { return nil }
    return Int(count)
  }

  private static func readBytes(_ count: Int) -> [UInt8] {
    guard let input else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) {
      $1 = fread($0.baseAddress, 1, count, input)
    }
  }

  private static func judge(_ bytes: [UInt8], pieceBytes: Int) -> String {
    let judge = Judge()
    var index = 0
    while index < bytes.count && judge.end == nil {
      let next = min(index + max(pieceBytes, 1), bytes.count)
      judge.feed(bytes[index..<next])
      index = next
    }
    return (judge.lines + ["end \(judge.end ?? "more")"]).joined(separator: "\n")
  }
}

/// What a connection does with its parser, without the connection.
final class Judge {
  var lines: [String] = []
  var end: String?
  private var parser = HTTPParser()
  private var input: [UInt8] = []
  private var head: HTTPHead?
  private var headText: [UInt8] = []
  private var fields: [UInt8] = []
  private var chunks: ChunkDecoder?
  private var body: [UInt8] = []

  init() {}

  func feed(_ bytes: ArraySlice<UInt8>) {
    input += bytes
    while end == nil, !input.isEmpty, step() {}
  }

  /// True when there may be more to do.
  private func step() -> Bool {
    if chunks != nil { return decodeChunk() }
    if let head { return takeBody(head) }
    switch input.withUnsafeBytes({ parser.parse($0) }) {
    case .needMore: return false
    case .failure(let error): end = error.rawValue
    case .head(let head): begin(head)
    }
    return true
  }

  private func begin(_ head: HTTPHead) {
    fields = []
    for field in parser.fields {
      fields += slice(field.name) + Array(":".utf8) + slice(field.value) + Array("\n".utf8)
    }
    headText = Array(input[..<head.bytes])
    input.removeFirst(head.bytes)
    body = []
    if head.isChunked { chunks = ChunkDecoder(limits: HTTPLimits(), bodyBytesMax: .max >> 2) }
    self.head = head
    if !head.hasBody { finish(head) }
  }

  private func takeBody(_ head: HTTPHead) -> Bool {
    let length = head.contentLength ?? 0
    guard input.count >= length else { return false }
    body = Array(input[..<length])
    input.removeFirst(length)
    finish(head)
    return true
  }

  private func decodeChunk() -> Bool {
    let step = input.withUnsafeBytes { chunks?.decode($0) }
    switch step {
    case .needMore(let consumed)?:
      input.removeFirst(consumed)
      return false
    case .content(let range, let consumed)?:
      body += input[range]
      input.removeFirst(consumed)
    case .end(let consumed)?:
      input.removeFirst(consumed)
      chunks = nil
      if let head { finish(head) }
    case .failure(let error)?: end = error.rawValue
    case nil: return false
    }
    return true
  }

  private func finish(_ head: HTTPHead) {
    let target = headText[Int(head.target.start)..<Int(head.target.start + head.target.count)]
    let texts = [Array(target), fields, body].map { hex($0) }.joined(separator: " ")
    let keepsAlive = head.keepsAlive ? 1 : 0
    lines.append("message \(head.method.name) \(head.minorVersion) \(keepsAlive) \(texts)")
    self.head = nil
    if !head.keepsAlive { end = "closed" }
  }

  private func slice(_ range: HeadRange) -> ArraySlice<UInt8> {
    input[Int(range.start)..<Int(range.start + range.count)]
  }
}

private func hex(_ bytes: [UInt8]) -> String {
  if bytes.isEmpty { return "-" }
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
