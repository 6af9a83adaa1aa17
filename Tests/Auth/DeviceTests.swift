import Contracts
import EventLoopTesting
import Postgres
import Testing
import Wire

@testable import Auth

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct DeviceTests {
  @Test func devicesAreListedTheLatestFirst() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      for number in 1...4 {
        _ = try await service.login("ann@example.com", userAgent: "device \(number)")
      }
      _ = try await service.register("bob@example.com")
      var names: [String] = []
      var cursor: String?
      repeat {
        let page = try await service.client.listDevices(
          ListDevicesRequest(limit: 2, cursor: cursor), service.context(ann))
        names += page.items.map(\.userAgent)
        for device in page.items {
          #expect(try device.current == (device.id == service.claims(ann).sessionID))
          #expect(device.ip == "192.0.2.1" && device.createdAt == TestService.start)
        }
        cursor = page.nextCursor
      } while cursor != nil
      #expect(names == ["device 4", "device 3", "device 2", "device 1", "browser"])
    }
  }

  @Test func aCursorOfNobodyIsRefused() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let error = await refusal {
        try await service.client.listDevices(
          ListDevicesRequest(cursor: "x"), service.context(ann))
      }
      #expect(error?.violations.map(\.field) == ["cursor"])
    }
  }

  @Test func aDeviceIsRevokedByItsOwnerAlone() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let second = try await service.login("ann@example.com")
      let bob = try await service.register("bob@example.com")
      let id = try service.claims(second).sessionID
      func revoke(_ id: String, by tokens: Tokens) async -> RPCError? {
        await refusal {
          try await service.client.revokeDevice(
            RevokeDeviceRequest(id: id), service.context(tokens))
        }
      }
      #expect(await revoke(id, by: bob)?.code == .notFound)
      #expect(await revoke("42", by: ann)?.code == .notFound)
      #expect(await revoke(id, by: ann) == nil)
      #expect(await revoke(id, by: ann)?.code == .notFound)
      #expect(try await service.revocations().sessionIDs == [id])
      #expect(await refusal { try await service.refresh(second) } != nil)
      _ = try await service.refresh(ann)
    }
  }

  @Test func loggingOutIsDoneOnce() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      for _ in 0..<2 {
        _ = try await service.client.logout(LogoutRequest(), service.context(ann))
      }
      #expect(try await service.revocations().sessionIDs == [service.claims(ann).sessionID])
      #expect(try await service.count("refresh_tokens") == 0)
    }
  }

  @Test func loggingOutEverywhereLeavesOthersAlone() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let second = try await service.login("ann@example.com")
      let bob = try await service.register("bob@example.com")
      _ = try await service.client.logoutAll(LogoutRequest(), service.context(ann))
      let expected = Set([try service.claims(ann).sessionID, try service.claims(second).sessionID])
      #expect(Set(try await service.revocations().sessionIDs) == expected)
      _ = try await service.refresh(bob)
    }
  }
}

@Suite(.enabled(if: TestDatabase.url != nil, "FOCAL_TEST_DATABASE_URL is not set"))
struct RevocationTests {
  private static let insert = Query(
    """
    INSERT INTO revocations (device_id, expires_at)
    SELECT gen_random_uuid(), $1 FROM generate_series(1, $2)
    """)
  private let expiry = PostgresValue.timestamp(TestService.start + 60_000)

  @Test func onlyWhatIsNewIsToldAgain() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let second = try await service.login("ann@example.com")
      _ = try await service.client.logout(LogoutRequest(), service.context(ann))
      var known = try await service.revocations()
      #expect(known.sessionIDs == [try service.claims(ann).sessionID])
      // Other databases' transactions may hold the horizon back for a moment.
      _ = try await service.client.logout(LogoutRequest(), service.context(second))
      known = try await service.revocations(after: known.cursor)
      #expect(known.sessionIDs.last == (try service.claims(second).sessionID))
      let count = try await service.revocations().sessionIDs.count
      #expect(count == 2)
    }
  }

  @Test func manyAreReadInPages() async throws {
    try await onLoop {
      let service = try await TestService()
      for count in [600, 600, 1500] {
        try await service.pool.write(Self.insert, [expiry, .int(count)])
      }
      let all = try await service.revocations().sessionIDs
      #expect(all.count == 2700 && Set(all).count == 2700)
    }
  }

  @Test func whatCommitsLateIsNotMissed() async throws {
    try await onLoop {
      let service = try await TestService()
      var cursor: RevocationCursor?
      try await service.pool.transaction { transaction in
        try await transaction.run(Self.insert, [expiry, .int(1)])
        try await service.pool.write(Self.insert, [expiry, .int(1)])
        let early = try await service.revocations()
        #expect(early.sessionIDs.count == 1)
        cursor = early.cursor
      }
      #expect(try await service.revocations(after: cursor).sessionIDs.count == 2)
    }
  }

  @Test func aReplacedDatabaseIsReadFromItsOwnHorizon() async throws {
    try await onLoop {
      let service = try await TestService()
      let ahead = RevocationCursor(floor: .max)
      let cursor = try await service.revocations(after: ahead).cursor
      try await service.pool.write(Self.insert, [expiry, .int(1)])
      #expect(try await service.revocations(after: cursor).sessionIDs.count == 1)
    }
  }

  @Test func theyAreForgottenWithTheLastAccessToken() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      service.clock.advance(seconds: 600)
      _ = try await service.refresh(ann)
      _ = try await service.client.logout(LogoutRequest(), service.context(ann))
      let reply = try await service.client.listRevocations(
        ListRevocationsRequest(), service.context())
      #expect(reply.items.map(\.expiresAt) == [TestService.start + 1_500_000])
      service.clock.advance(seconds: 900)
      #expect(try await service.revocations().sessionIDs.isEmpty)
      let housekeeping = Housekeeping(pool: service.pool, now: { service.clock.now })
      #expect(try await service.count("revocations") == 1)
      service.clock.advance(seconds: 1)
      await housekeeping.tidy()
      #expect(try await service.count("revocations") == 0)
    }
  }

  @Test func anIdleDeviceNeedsNoRevocation() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let context = try service.context(ann)
      service.clock.advance(seconds: 900)
      _ = try await service.client.logout(LogoutRequest(), context)
      #expect(try await service.count("revocations") == 0)
      #expect(try await service.count("devices") == 0)
    }
  }

  @Test func whatHasExpiredIsRemoved() async throws {
    try await onLoop {
      let service = try await TestService()
      let ann = try await service.register("ann@example.com")
      let idle = try await service.login("ann@example.com")
      service.clock.advance(seconds: 20 * 86_400)
      let later = try await service.refresh(ann)
      service.clock.advance(seconds: 11 * 86_400)
      await Housekeeping(pool: service.pool, now: { service.clock.now }).tidy()
      #expect(try await service.count("devices") == 1)
      #expect(try await service.count("refresh_tokens") == 1)
      #expect(await refusal { try await service.refresh(idle) } != nil)
      _ = try await service.refresh(later)
    }
  }
}
