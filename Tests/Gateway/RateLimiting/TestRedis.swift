import Glibc

/// The Redis that the tests may use.
nonisolated enum TestRedis {
  static var url: String? { getenv("FOCAL_TEST_REDIS_URL").map { String(cString: $0) } }
}
