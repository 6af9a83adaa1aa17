import Configuration
import EventLoop
import Wire

/// Keeps whole objects by their names: in a bucket of S3's kind, or in a folder where none is set.
///
/// Keys have lower-case letters, digits, `-` and `.`, and begin with a letter or digit.
public final class ObjectStore {
  private enum Place: Sendable {
    case bucket(S3Bucket)
    case folder(FileStore)
  }

  private let place: Place
  private let courier: Courier
  private let pool = BlockingPool(threads: 2, queueLimit: 256)

  private static let timeLimit = Duration.seconds(8)

  /// By `S3_URL` (`S3Bucket`) and `S3_CA`; without it, files in `<FOCAL_STATE_DIR>/<folder>/`.
  public init(_ environment: Environment, folder: String) {
    courier = Courier(
      name: folder, transfersMax: 16, authorities: environment.optionalString("S3_CA"))
    if let url = environment.optionalSecretURL("S3_URL", schemes: ["https", "http"]) {
      if let bucket = S3Bucket(url) {
        place = .bucket(bucket)
        return
      }
      environment.report("S3_URL", "is not https://KEY:SECRET@host/bucket[/prefix][?region=…]")
    }
    let state = environment.string("FOCAL_STATE_DIR", default: ".focal")
    place = .folder(FileStore(folder: "\(state)/\(folder)"))
  }

  public func close() { courier.close() }

  /// Once this returns the object is there, whole; it replaces one of the same key.
  public func put(_ bytes: [UInt8], to key: String, type: String) async throws(CourierError) {
    try Self.check(key)
    switch place {
    case .bucket(let bucket):
      let answer = try await send(bucket.request(.put, key, type: type, body: bytes))
      try Self.expect(answer.status, [200, 201, 204])
    case .folder(let folder):
      try await onThread { try folder.write(bytes, to: key) }
    }
  }

  /// Nil where there is none of this key.
  public func get(_ key: String, bytesMax: Int) async throws(CourierError) -> [UInt8]? {
    try Self.check(key)
    switch place {
    case .bucket(let bucket):
      var request = bucket.request(.get, key)
      request.bodyBytesMax = bytesMax
      let answer = try await send(request)
      if answer.status == 404 { return nil }
      try Self.expect(answer.status, [200])
      return answer.body
    case .folder(let folder):
      return try await onThread { try folder.read(key, bytesMax: bytesMax) }
    }
  }

  /// Nothing happens where there is none.
  public func remove(_ key: String) async throws(CourierError) {
    try Self.check(key)
    switch place {
    case .bucket(let bucket):
      let answer = try await send(bucket.request(.delete, key))
      try Self.expect(answer.status, [200, 202, 204, 404])
    case .folder(let folder):
      try await onThread { try folder.remove(key) }
    }
  }

  private func send(_ request: OutgoingRequest) async throws(CourierError) -> OutgoingAnswer {
    var request = request
    request.timeLimit = Self.timeLimit
    return try await courier.send(request)
  }

  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws(CourierError) -> Value {
    do {
      return try await pool.run(body)
    } catch is BlockingPool.Full {
      throw CourierError(.overloaded, "too many files wait already")
    } catch {
      throw CourierError(.failed, "\(error)")
    }
  }

  private static func check(_ key: String) throws(CourierError) {
    let isPlain = key.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E
    }
    guard isPlain, let first = key.first, first != ".", first != "-", key.utf8.count <= 200 else {
      throw CourierError(.invalid, "no key of an object")
    }
  }

  private static func expect(_ status: Int, _ expected: [Int]) throws(CourierError) {
    guard expected.contains(status) else {
      throw CourierError(.failed, "the object store answered \(status)")
    }
  }
}
