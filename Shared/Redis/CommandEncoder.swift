/// Commands in Redis' protocol (RESP2): an array of byte strings.
///
/// One buffer is reused for all: hiredis copies a command at once.
struct CommandEncoder {
  private static let bytesKept = 1 << 20
  /// The command, and a NUL behind it: hiredis looks one byte past a command of one word.
  private(set) var bytes: [UInt8] = []
  var count: Int { bytes.count - 1 }

  /// `head`, then `arguments`.
  mutating func encode(head: [RedisArgument], _ arguments: [RedisArgument]) {
    if bytes.capacity > Self.bytesKept { bytes = [] }
    bytes.removeAll(keepingCapacity: true)
    bytes.append(UInt8(ascii: "*"))
    appendLine(head.count + arguments.count)
    for argument in head { append(argument) }
    for argument in arguments { append(argument) }
    bytes.append(0)
  }

  private mutating func append(_ argument: RedisArgument) {
    switch argument {
    case .string(let text):
      appendLength(text.utf8.count)
      bytes.append(contentsOf: text.utf8)
    case .bytes(let value):
      appendLength(value.count)
      bytes.append(contentsOf: value)
    case .int(let number):
      appendLength(Self.width(number))
      appendDecimal(number)
    }
    bytes.append(13)
    bytes.append(10)
  }

  private mutating func appendLength(_ length: Int) {
    bytes.append(UInt8(ascii: "$"))
    appendLine(length)
  }

  private mutating func appendLine(_ number: Int) {
    appendDecimal(number)
    bytes.append(13)
    bytes.append(10)
  }

  private mutating func appendDecimal(_ number: Int) {
    if (0..<10).contains(number) { return bytes.append(UInt8(48 + number)) }
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    let width = Self.width(number) - (number < 0 ? 1 : 0)
    var rest = number.magnitude
    let start = bytes.count
    for _ in 0..<width { bytes.append(0) }
    for place in stride(from: start + width - 1, through: start, by: -1) {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      bytes[place] = UInt8(48 + digit)
      rest = quotient
    }
  }

  /// Characters of the number in decimal.
  private static func width(_ number: Int) -> Int {
    var width = number < 0 ? 2 : 1
    var rest = number.magnitude / 10
    while rest > 0 {
      width += 1
      rest /= 10
    }
    return width
  }
}
