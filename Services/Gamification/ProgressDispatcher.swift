import Contracts
import EventLoop
import Wire

/// The generated dispatcher, but for the metrics: those are kept encoded, and go out as they are.
public struct ProgressDispatcher: Dispatcher {
  public static var service: String { GamificationDispatcher<Progress>.service }

  private let progress: Progress
  private let generated: GamificationDispatcher<Progress>
  private let metricsMethod: UInt32

  public init(_ progress: Progress) {
    self.progress = progress
    generated = GamificationDispatcher(progress)
    let route = Routes.all.first { $0.pattern == "/api/v1/focus-metrics" }
    // 0 is no method's id: without the route, the generated dispatcher takes the call.
    metricsMethod = route?.methodID ?? 0
  }

  public var methods: [UInt32] { generated.methods }

  public func dispatch(
    _ method: UInt32, _ body: UnsafeRawBufferPointer, _ context: CallContext
  ) async throws -> [UInt8] {
    guard method == metricsMethod else {
      return try await generated.dispatch(method, body, context)
    }
    var bytes = try await progress.metrics(context)
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
