/// Why bytes are no frame.
nonisolated enum FrameError: Error, Equatable {
  /// Under 12, or over what the connection allows.
  case length(Int)
  case kind(UInt8)
  case flags(UInt8)
  case reserved(UInt16)
  /// A call's frame without an id, or another one with.
  case callID
  /// A method in a frame that is no request.
  case methodID
}

/// Finds frames at the start of bytes: pure, keeps nothing.
nonisolated struct FrameDecoder {
  enum Outcome {
    /// The first frame, and how many bytes it takes with its header.
    case frame(Frame, bytes: Int)
    /// So many bytes, at least, make the next step possible (counted from the start).
    case incomplete(needed: Int)
    case failure(FrameError)
  }

  /// The largest `length` that is taken.
  var lengthBytesMax: Int

  /// The body of the frame points into `bytes`.
  @inline(__always)
  func decode(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    guard bytes.count >= Frame.headerBytes else {
      return bytes.count >= 4 ? earlyLength(bytes) : .incomplete(needed: Frame.headerBytes)
    }
    let length = Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
    guard length >= Frame.lengthBytesMin, length <= lengthBytesMax else {
      return .failure(.length(length))
    }
    if let error = check(bytes) { return .failure(error) }
    let total = 4 + length
    guard bytes.count >= total, let kind = FrameKind(rawValue: bytes[4]) else {
      return .incomplete(needed: total)
    }
    let frame = Frame(
      kind: kind, flags: bytes[5],
      callID: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
      methodID: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)),
      body: UnsafeRawBufferPointer(rebasing: bytes[Frame.headerBytes..<total]))
    return .frame(frame, bytes: total)
  }

  /// A stranger's bytes are refused by their first four: they must not wait for sixteen.
  private func earlyLength(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    let length = Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
    return length >= Frame.lengthBytesMin && length <= lengthBytesMax
      ? .incomplete(needed: Frame.headerBytes) : .failure(.length(length))
  }

  private func check(_ bytes: UnsafeRawBufferPointer) -> FrameError? {
    guard let kind = FrameKind(rawValue: bytes[4]) else { return .kind(bytes[4]) }
    let flags = bytes[5]
    let flagsAllowed = kind == .error ? Frame.refusedFlag : 0
    guard flags & ~flagsAllowed == 0 else { return .flags(flags) }
    let reserved = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    guard reserved == 0 else { return .reserved(reserved) }
    let callID = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    guard (callID != 0) == kind.belongsToCall else { return .callID }
    let methodID = bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    guard methodID == 0 || kind == .request else { return .methodID }
    return nil
  }
}
