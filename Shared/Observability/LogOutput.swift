import Glibc

/// Where the log's bytes go.
protocol LogOutput {
  /// Writes what can be written without waiting, from the front; how many bytes that were, or `nil`
  /// when nobody reads any more.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int?
}

/// A file descriptor, standard output as a rule. It may be a pipe that several processes share and
/// that somebody reads slowly, so it is asked first and takes whole lines of up to `PIPE_BUF` bytes:
/// those are never interleaved and do not block.
struct DescriptorOutput: LogOutput {
  static let pipeBytesMax = 4096

  let descriptor: Int32
  private let isFile: Bool

  init(descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      if !isFile, !isWritable { break }
      let count = Glibc.write(descriptor, rest.baseAddress, isFile ? rest.count : chunk(of: rest))
      if count > 0 {
        done += count
      } else if count < 0, errno == EINTR {
        continue
      } else if count < 0, errno == EAGAIN {
        break
      } else {
        return nil
      }
    }
    return done
  }

  private var isWritable: Bool {
    var request = pollfd(descriptor: descriptor)
    return poll(&request, 1, 0) == 1
  }

  /// As many whole lines as one atomic write takes; a part of a line only where it is longer.
  private func chunk(of bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count > DescriptorOutput.pipeBytesMax else { return bytes.count }
    let front = bytes[..<DescriptorOutput.pipeBytesMax]
    guard let newline = front.lastIndex(of: 0x0A) else { return DescriptorOutput.pipeBytesMax }
    return newline + 1
  }
}

extension pollfd {
  fileprivate init(descriptor: Int32) {
    self.init(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  }
}
