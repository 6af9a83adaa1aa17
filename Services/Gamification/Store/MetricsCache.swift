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
  /// Version and date, 8 bytes each, big-endian. They stand behind the metrics, so that these are
  /// taken out by shortening, and what goes out with them has its room already.
  private static let tailBytes = 16

  public init(_ redis: RedisConnection) { self.redis = redis }

  func entry(of userID: String) async -> Entry? {
    do {
      guard var bytes = try await redis.command("GET", Self.key(userID)).bytes,
        bytes.count >= Self.tailBytes
      else { return nil }
      let version = Self.number(bytes.suffix(Self.tailBytes).prefix(8))
      let today = Self.number(bytes.suffix(8))
      bytes.removeLast(Self.tailBytes)
      return Entry(
        version: version, today: CivilDate(daysSinceEpoch: Int(today)), metrics: bytes)
    } catch {
      // Without Redis the metrics are computed.
      return nil
    }
  }

  /// Keeps an entry for later; nobody waits for it.
  func keep(_ entry: Entry, of userID: String) {
    var bytes = entry.metrics
    bytes.reserveCapacity(bytes.count + Self.tailBytes)
    Self.append(entry.version, to: &bytes)
    Self.append(Int64(entry.today.daysSinceEpoch), to: &bytes)
    Task { [redis] in
      do {
        _ = try await redis.command(
          "SET", Self.key(userID), .bytes(bytes), "EX", .int(Self.lifetimeSeconds))
      } catch {
        Log.shared.debug("metrics not cached", ["error": .error(error)])
      }
    }
  }

  /// The number is that of the form: older ones are not read.
  static func key(_ userID: String) -> RedisArgument {
    .string("focal:metrics:4:\(userID)")
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
