/// An array of C strings, ended by NULL, for the time of a call.
nonisolated enum CStrings {
  static func with<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
  ) -> Value {
    var starts: [Int] = []
    var bytes: [CChar] = []
    for string in strings {
      starts.append(bytes.count)
      bytes.append(contentsOf: string.utf8.lazy.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      let pointers = starts.map { UnsafePointer<CChar>?(bytes.baseAddress! + $0) } + [nil]
      return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
  }
}
