/// Whether bytes are UTF-8 (RFC 3629: shortest forms, no surrogates). ASCII goes by in eights.
public nonisolated func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let start = bytes.baseAddress else { return true }
  let count = bytes.count
  var index = 0
  while true {
    while index &+ 8 <= count,
      start.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index &+= 8
    }
    if index >= count { return true }
    let first = bytes[index]
    if first < 0x80 {
      index &+= 1
      continue
    }
    // The second byte's range tells overlong forms, surrogates and what is past U+10FFFF.
    let length: Int
    let second: ClosedRange<UInt8>
    switch first {
    case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    default: return false
    }
    guard index &+ length <= count, second.contains(bytes[index &+ 1]) else { return false }
    for offset in 2..<max(length, 2) where bytes[index &+ offset] & 0xc0 != 0x80 { return false }
    index &+= length
  }
}

/// Unicode scalars in bytes that are UTF-8.
nonisolated func scalarCount(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
  var result = 0
  for index in 0..<count where start[index] & 0xc0 != 0x80 { result &+= 1 }
  return result
}
