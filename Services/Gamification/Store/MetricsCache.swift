import Observability
import Redis
import TimeZones

/// Encoded metrics in Redis, each with what it was computed from: the summary's version and the
/// local date. What is read counts only where both still hold, so that Redis can be emptied, stale
/// or away without any answer being wrong.
public struct MetricsCache {
  struct Entry {
    var version: Int64
    var today: CivilDate
    /// The encoded `FocusMetrics`, without its time.
    var metrics: [UInt8]
  }

  private let redis: RedisConnection

  private static let lifetimeSeconds = 86_400
  /// Version and date, 8 bytes each, big-endian.
  private static let headBytes = 16

  public init(_ redis: RedisConnection) { self.redis = redis }

  func entry(of userID: String) async -> Entry? {
    do {
      guard let bytes = try await redis.command("GET", Self.key(userID)).bytes,
        bytes.count >= Self.headBytes
      else { return nil }
      return Entry(
        version: Self.number(bytes[0..<8]),
        today: CivilDate(daysSinceEpoch: Int(Self.number(bytes[8..<16]))),
        metrics: Array(bytes[Self.headBytes...]))
    } catch {
      // Without Redis the metrics are computed.
      return nil
    }
  }

  /// Keeps an entry for later; nobody waits for it.
  func keep(_ entry: Entry, of userID: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headBytes + entry.metrics.count)
    Self.append(entry.version, to: &bytes)
    Self.append(Int64(entry.today.daysSinceEpoch), to: &bytes)
    bytes += entry.metrics
    Task { [redis] in
      do {
        _ = try await redis.command(
          "SET", Self.key(userID), .bytes(bytes), "EX", .int(Self.lifetimeSeconds))
      } catch {
        Log.shared.debug("metrics not cached", ["error": .error(error)])
      }
    }
  }

  private static func key(_ userID: String) -> RedisArgument { .string("focal:metrics:\(userID)") }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
