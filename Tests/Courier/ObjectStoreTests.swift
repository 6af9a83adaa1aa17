import Configuration
import EventLoopTesting
import Foundation
import HTTP
import Testing
import Wire

@testable import Courier

@Suite struct ObjectStoreTests {
  /// As botocore's S3SigV4Auth signs the same request.
  @Test func signsAsAmazonDoes() {
    let signature = AWSSignature(
      accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
      region: "eu-central-1")
    let headers = signature.headers(
      "PUT", host: "127.0.0.1:9000", path: "/focal/avatars/a-1.png", body: Array("hello".utf8),
      at: 1_795_271_758_000)
    #expect(headers[0].value == "20261121T143558Z")
    #expect(
      headers[2].value.hasSuffix(
        "Signature=8d0d587b39e0778188addcb670bfb4fc697a7b153b0fefe98be4ae93a843d1db"))
  }

  @Test func keepsObjectsInAFolder() async throws {
    let folder = NSTemporaryDirectory() + "focal-objects-\(UInt32.random(in: 0 ... .max))"
    defer { do { try FileManager.default.removeItem(atPath: folder) } catch {} }
    try await onLoop {
      let store = ObjectStore(Environment(["FOCAL_STATE_DIR": folder]), folder: "avatars")
      defer { store.close() }
      try await self.exercise(store)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/avatars")
    #expect(left.isEmpty)
  }

  @Test func keepsObjectsInABucket() async throws {
    let bucket = Bucket()
    try await withServer {
      bucket.answer($0)
    } _: { _, url in
      let place = url.replacing("http://", with: "http://key:a%2Fsecret@") + "/focal/avatars"
      let store = ObjectStore(
        Environment(["S3_URL": place + "?region=eu-central-1"]), folder: "avatars")
      defer { store.close() }
      try await self.exercise(store)
    }
    #expect(bucket.objects.isEmpty)
    #expect(bucket.paths == ["/focal/avatars/a-1.png", "/focal/avatars/none"])
    #expect(bucket.authorizations.allSatisfy { $0.contains("Credential=key/") })
    #expect(bucket.authorizations.allSatisfy { $0.contains("/eu-central-1/s3/aws4_request") })
  }

  @Test func refusesKeysThatLeadElsewhere() async throws {
    try await onLoop {
      let store = ObjectStore(Environment(["FOCAL_STATE_DIR": "/nowhere"]), folder: "avatars")
      defer { store.close() }
      for key in ["", "..", "../x", "a/b", ".hidden", "A", "a\0", "a?b", "a b"] {
        await #expect(throws: CourierError.self) { try await store.remove(key) }
      }
    }
  }

  @Test(arguments: [
    "https://host/bucket", "https://key:secret@host", "https://key@host/bucket", "x",
    "https://key:secret@/bucket", "https://key:secret@host/", "https://k:%zz@host/b",
  ])
  func refusesWrongURLs(url: String) {
    let environment = Environment(["S3_URL": url])
    ObjectStore(environment, folder: "avatars").close()
    #expect(throws: ConfigurationError.self) { try environment.finish() }
  }

  private func exercise(_ store: ObjectStore) async throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let before = try await store.get("a-1.png", bytesMax: 1 << 20)
    #expect(before == nil)
    try await store.put([1], to: "a-1.png", type: "image/png")
    try await store.put(bytes, to: "a-1.png", type: "image/png")
    let after = try await store.get("a-1.png", bytesMax: 1 << 20)
    let isSame = after == bytes
    #expect(isSame)
    await #expect(throws: CourierError.self) {
      _ = try await store.get("a-1.png", bytesMax: 1_000)
    }
    try await store.remove("a-1.png")
    try await store.remove("a-1.png")
    let gone = try await store.get("none", bytesMax: 10)
    #expect(gone == nil)
  }
}

/// A store of S3's kind in a few lines.
final class Bucket {
  var objects: [String: [UInt8]] = [:]
  var paths: Set<String> = []
  var authorizations: [String] = []

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    let path = request.pathText
    paths.insert(path)
    authorizations.append(request.header("authorization") ?? "")
    switch "\(request.method.name)" {
    case "PUT":
      objects[path] = Array(request.body)
      return HTTPResponse()
    case "DELETE":
      objects[path] = nil
      return HTTPResponse(status: 204)
    default:
      guard let object = objects[path] else { return HTTPResponse(status: 404) }
      return HTTPResponse(contentType: "image/png", body: object)
    }
  }
}
