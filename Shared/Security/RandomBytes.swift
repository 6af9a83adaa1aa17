import Glibc
import Wire

/// Random bytes from the kernel, good for keys and tokens.
public nonisolated enum RandomBytes {
  public static func make(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      fill(UnsafeMutableRawBufferPointer(buffer.extracting(0..<count)))
      filled = count
    }
  }

  public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    var done = 0
    while done < buffer.count, let start = buffer.baseAddress {
      // getrandom(2), which the Glibc module does not show; it gives at most 256 bytes.
      let count = min(256, buffer.count - done)
      precondition(getentropy(start + done, count) == 0, "no random bytes")
      done += count
    }
  }

  /// A token for URLs and cookies: base64url of this many bytes (32 give 43 characters).
  public static func token(bytes count: Int = 32) -> Secret {
    Secret(Base64URL.encode(make(count)))
  }
}
