import EventLoop
import Observability
import Security

/// Seals what a table keeps from before there was a key, and seals anew what another key has sealed,
/// while one replaces the other.
public final class Resealing {
  /// A secret as its table holds it.
  public struct Kept {
    /// The row's UUID.
    public let id: String
    public let stored: [UInt8]
    public let isPlain: Bool

    public init(id: String, stored: [UInt8], isPlain: Bool) {
      self.id = id
      self.stored = stored
      self.isPlain = isPlain
    }
  }

  /// The next rows by their id.
  public typealias Page = (_ after: String, _ limit: Int) async throws -> [Kept]
  /// False where it is another one by now.
  public typealias Replace = (_ kept: Kept, _ sealed: [UInt8]) async throws -> Bool

  private let seal: SecretSeal
  private let left: Gauge
  private let repeats: Bool
  private let page: Page
  private let replace: Replace
  private lazy var chore = Chore(every: Self.interval) { [weak self] in await self?.run() }

  private static let interval = Duration.seconds(60)
  private static let pageRows = 500

  /// nil where there is no key: then there is nothing to be done.
  ///
  /// - Parameter repeats: each minute, beside the start: a process that does not know of a change yet
  ///   may still keep secrets in the old way.
  public init?(
    _ seal: SecretSeal, gauge: String, _ help: String, repeats: Bool, page: @escaping Page,
    replace: @escaping Replace
  ) {
    guard seal.hasKey else { return nil }
    self.seal = seal
    self.repeats = repeats
    self.page = page
    self.replace = replace
    left = Metrics.shared.gauge(gauge, help)
  }

  // Written out: without it, an optimised build of another module takes it for an isolated one.
  deinit {}

  public func start() {
    Task { await run() }
    if repeats { chore.start() }
  }

  public func stop() { chore.stop() }

  /// One pass over the table.
  public func run() async {
    var sealed = 0
    var open = 0
    var last = "00000000-0000-0000-0000-000000000000"
    do {
      while true {
        let rows = try await page(last, Self.pageRows)
        for row in rows where row.isPlain || !seal.isClosed(row.stored) {
          open += 1
          guard let secret = row.isPlain ? row.stored : seal.open(row.stored),
            let closed = seal.close(secret)
          else { continue }
          if try await replace(row, closed) { sealed += 1 }
        }
        guard rows.count == Self.pageRows, let row = rows.last else { break }
        last = row.id
      }
      left.set(Double(open - sealed))
      if sealed > 0 { Log.shared.info("secrets sealed anew", ["count": .int(sealed)]) }
    } catch {
      left.set(Double(open))
      Log.shared.warning("secrets not sealed anew", ["error": .error(error)])
    }
  }
}
