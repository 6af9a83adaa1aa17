import Contracts
import EventLoop
import Wire

/// The generated dispatcher, whose reads know all that was acknowledged; but for the metrics: those are
/// kept encoded, and go out as they are.
public struct ProgressDispatcher: Dispatcher {
  public static var service: String { GamificationDispatcher<Progress>.service }

  private let progress: Progress
  private let generated: GamificationDispatcher<Progress>

  /// What needs not know everything: that which brings what is missing, and what no event changes.
  private static let unguarded: Set<UInt32> = [
    GamificationMethods.applySession, GamificationMethods.applyUser,
    GamificationMethods.applyProject, GamificationMethods.applyTimeEntry,
    GamificationMethods.applyPost, GamificationMethods.getBadgeImage,
    // It can't be made twice.
    GamificationMethods.createAchievement,
  ]

  public init(_ progress: Progress) {
    self.progress = progress
    generated = GamificationDispatcher(progress)
  }

  public var methods: [UInt32] { generated.methods }

  public func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    if Self.unguarded.contains(method) {
      return try await generated.dispatch(method, body, context)
    }
    guard method == GamificationMethods.getFocusMetrics else {
      // It may be needed again.
      let kept = UnsafeMutableRawBufferPointer.allocate(byteCount: body.count, alignment: 1)
      defer { kept.deallocate() }
      kept.copyMemory(from: body)
      return try await progress.upToDate(context) {
        try await generated.dispatch(method, UnsafeRawBufferPointer(kept), context)
      }
    }
    var bytes = try await progress.upToDate(context) { try await progress.metrics(context) }
    Self.append(serverTime: WallClock.milliseconds, to: &bytes)
    return bytes
  }

  /// The field `server_time` of FocusMetrics: protobuf takes fields in any order.
  static func append(serverTime milliseconds: Int64, to bytes: inout [UInt8]) {
    bytes.append(2 << 3)
    var rest = UInt64(bitPattern: milliseconds)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
