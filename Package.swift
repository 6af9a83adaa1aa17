// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6, one isolation (the main actor, whose executor is the event loop).
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .defaultIsolation(MainActor.self),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // Checked in debug, where the tests run; in release the checks cost a tenth of a request.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A library of Debian's, seen through its module map.
func cLibrary(_ name: String, _ pkgConfig: String?, _ package: String) -> Target {
  .systemLibrary(
    name: name, path: "Shared/CLibraries/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([package])])
}

func shared(
  _ name: String, path: String? = nil, embedding files: [String] = [],
  _ dependencies: Target.Dependency...
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path ?? "Shared/\(name)",
    exclude: [], resources: files.map { .embedInCode($0) }, swiftSettings: settings)
}

/// A service: its library, and the executable that only wires it.
func service(_ name: String, _ dependencies: Target.Dependency...) -> [Target] {
  [
    .target(
      name: name, dependencies: ["ServiceKit", "Contracts"] + dependencies,
      path: "Services/\(name)", exclude: ["Main", "Migrations", "README.md"],
      swiftSettings: settings),
    executable(
      "focal-\(name.lowercased())", path: "Services/\(name)/Main",
      [.init(stringLiteral: name), "ServiceKit", "Contracts"]),
  ]
}

func executable(_ name: String, path: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// The tests of one module; `Tests` mirrors the sources.
func tests(
  _ name: String, _ dependencies: Target.Dependency..., excluding: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: ["EventLoopTesting"] + dependencies,
    path: "Tests/\(name)", exclude: excluding, swiftSettings: settings)
}

let libraries: [Target] = [
  .target(name: "CLinux", path: "Shared/CLibraries/CLinux"),
  cLibrary("CPostgres", "libpq", "libpq-dev"),
  cLibrary("CHiredis", "hiredis", "libhiredis-dev"),
  cLibrary("COpenSSL", "openssl", "libssl-dev"),
  cLibrary("CArgon2", "libargon2", "libargon2-dev"),
  cLibrary("CCrypt", "libcrypt", "libcrypt-dev"),
  cLibrary("CCurl", "libcurl", "libcurl4-openssl-dev"),
  cLibrary("CGd", "gdlib", "libgd-dev"),
  // wslay has no pkg-config file.
  cLibrary("CWslay", nil, "libwslay-dev"),
  cLibrary("CZlib", "zlib", "zlib1g-dev"),
  cLibrary("CProtobufC", "libprotobuf-c", "libprotobuf-c-dev"),
  .target(
    name: "CArena", dependencies: ["CProtobufC"], path: "Shared/CLibraries/CArena"),
  .target(
    name: "CMessages", dependencies: ["CProtobufC"], path: "Shared/Contracts/CMessages"),
  .target(
    name: "CDescriptor", dependencies: ["CProtobufC"], path: "Shared/ProtoGen/CDescriptor"),
]

let sharedModules: [Target] = [
  shared("EventLoop", "CLinux"),
  shared("Wire", "CArena", "CProtobufC"),
  shared("Configuration", "Wire"),
  shared("Observability", "CLinux"),
  shared("Network", "EventLoop", "CLinux", "COpenSSL"),
  shared("Contracts", path: "Shared/Contracts/Messages", "CMessages", "Wire"),
  shared("Security", "COpenSSL", "CArgon2", "CCrypt", "Wire"),
  shared("RPC", "Network", "EventLoop", "Contracts", "Wire", "Security", "Observability"),
  shared("HTTP", "Network", "EventLoop", "Observability"),
  shared("WebSocket", "CWslay", "CZlib", "HTTP", "Network", "EventLoop", "Security"),
  shared(
    "Postgres", "CPostgres", "EventLoop", "Network", "Observability", "Wire"),
  shared(
    "Redis", embedding: ["stream-backlog.lua", "stream-done.lua", "stream-tidy.lua"], "CHiredis",
    "EventLoop", "Network", "Observability", "Wire"),
  shared(
    "Courier", "CCurl", "EventLoop", "Network", "Security", "Configuration", "Observability",
    "Wire"),
  shared(
    "Telemetry", "Courier", "EventLoop", "Configuration", "Observability", "Wire"),
  shared("Images", "CGd"),
  shared("TimeZones"),
  shared(
    "Events", "Postgres", "Redis", "Contracts", "RPC", "EventLoop", "Security", "Observability",
    "Wire"),
  shared(
    "Live",
    embedding: ["live-room.lua", "live-user.lua", "live-position.lua", "live-followed.lua"],
    "Redis", "Contracts", "EventLoop", "Observability", "Wire"),
  shared(
    "ServiceKit", "Contracts", "Events", "Live", "HTTP", "RPC", "Postgres", "Redis", "Security",
    "Telemetry", "Configuration", "Observability"),
]

let programs: [Target] =
  service("Auth", "Courier", "Images", "Security", "TimeZones") + service("Sessions", "TimeZones")
  + service("Gamification", "Security", "TimeZones") + service("Community", "Security")
  + service("Messaging", "Courier", "Security")
  + service("Quotes", "TimeZones") + [
    executable(
      "focal-migrate", path: "Services/Migrate", ["Postgres", "Configuration", "Observability"]),
    .target(
      name: "Gateway",
      dependencies: [
        "HTTP", "WebSocket", "RPC", "Contracts", "Redis", "Live", "Security", "ServiceKit",
      ],
      path: "gateway", exclude: ["Main", "README.md"],
      resources: [
        .embedInCode("RateLimiting/gcra.lua"), .embedInCode("Web/home.html"),
        .embedInCode("Web/home.js"), .embedInCode("Web/docs.html"), .embedInCode("Web/docs.js"),
        .embedInCode("Web/style.css"),
      ],
      swiftSettings: settings),
    executable("focal-gateway", path: "gateway/Main", ["Gateway", "ServiceKit"]),
    executable("protogen", path: "Shared/ProtoGen/Sources", ["CDescriptor"]),
  ]

let testModules: [Target] = [
  .target(
    name: "EventLoopTesting", dependencies: ["EventLoop"], path: "Tests/EventLoopTesting",
    swiftSettings: settings),
  tests("EventLoop", "EventLoop"),
  tests("Network", "Network", "COpenSSL"),
  tests("Wire", "Wire", "Samples", "Contracts"),
  tests("ProtoGen", "protogen", "Contracts"),
  tests("Configuration", "Configuration", "Wire"),
  tests("Observability", "Observability"),
  tests("Security", "Security", "Wire", excluding: ["python"]),
  tests("RPC", "RPC", excluding: ["python"]),
  tests("HTTP", "HTTP", "Network", "EventLoop"),
  tests("WebSocket", "WebSocket", "HTTP", "Network", "EventLoop", excluding: ["python"]),
  tests("Postgres", "Postgres", "EventLoop"),
  .target(name: "RedisTesting", path: "Tests/RedisTesting", swiftSettings: settings),
  tests("Redis", "Redis", "RedisTesting", "EventLoop"),
  tests(
    "Events", "Events", "Redis", "RedisTesting", "Postgres", "RPC", "Network", "Contracts",
    "Security", "EventLoop"),
  tests("Live", "Live", "Redis", "RedisTesting", "Contracts", "EventLoop"),
  tests("Courier", "Courier", "HTTP", "Network"),
  tests(
    "Telemetry", "Telemetry", "Courier", "Configuration", "HTTP", "Network", "Observability"),
  tests("Images", "Images", "CGd"),
  tests("TimeZones", "TimeZones"),
  tests("Auth", "Auth", "Events", "Postgres", "ServiceKit"),
  tests("Sessions", "Sessions"),
  tests("Gamification", "Gamification"),
  tests("Community", "Community"),
  tests("Quotes", "Quotes", "Postgres"),
  tests("Messaging", "Messaging", "Postgres", "Courier", "EventLoop", "Security", "ServiceKit"),
  tests("Gateway", "Gateway"),
  // Messages that only tests need, generated like the real ones.
  .target(name: "CSamples", dependencies: ["CProtobufC"], path: "Tests/Samples/CMessages"),
  .target(
    name: "Samples", dependencies: ["CSamples", "Wire"], path: "Tests/Samples/Messages",
    swiftSettings: settings),
  // Programs that tests and benchmarks start.
  executable("rpc-test-server", path: "Tests/RPC/python/Server", ["RPC"]),
  executable("websocket-test-server", path: "Tests/WebSocket/python/Server", ["WebSocket"]),
  executable("bench-rpc", path: "Tests/Benchmarks/rpc/Swift", ["RPC"]),
]

/// `FOCAL_TESTS=Redis swift test` builds the tests of that module alone: all together take minutes.
let chosen = Context.environment["FOCAL_TESTS"].map { "\($0)Tests" }

let package = Package(
  name: "focal",
  targets: libraries + sharedModules + programs
    + testModules.filter { chosen == nil || $0.type != .test || $0.name == chosen })
