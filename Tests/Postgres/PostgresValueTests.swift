import EventLoopTesting
import Testing

@testable import Postgres

extension WithDatabase {
  @Suite struct PostgresValueTests {
    @Test func everyTypeComesBack() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051"
        let rows = try await pool.read(
          """
          SELECT $1::text AS text, $2::bigint AS int, $3::int AS small, $4::float8 AS double,
            $5::bool AS bool, $6::bytea AS bytes, $7::uuid AS uuid, $8::timestamptz AS at,
            $9::date AS date, $10::date AS day, $11::jsonb AS json, $12::json AS plain
          """,
          [
            .string("größe 🎉 'quoted'"), .int(.min), .int32(-7), .double(1e-300), .bool(true),
            .bytes([0, 1, 255]), .uuid(id.uppercased()), .timestamp(1_700_000_000_123),
            .date("0099-02-28"), .day(-1), .json(#"{"a": [1, "ü"]}"#), .json("[1]"),
          ])
        let row = rows[0]
        #expect(row.string("text") == "größe 🎉 'quoted'")
        #expect(row.int("int") == .min)
        #expect(row.int32("small") == -7)
        #expect(row.double("double") == 1e-300)
        #expect(row.bool("bool"))
        #expect(row.bytes("bytes") == [0, 1, 255])
        #expect(row.uuid("uuid") == id)
        #expect(row.string("uuid") == id)
        #expect(row.milliseconds("at") == 1_700_000_000_123)
        #expect(row.date("date") == "0099-02-28")
        #expect(row.date("day") == "1969-12-31")
        #expect(row.day("day") == -1)
        #expect(row.json("json") == #"{"a": [1, "ü"]}"#)
        #expect(row.json("plain") == "[1]")
      }
    }

    @Test func everyTypeCanBeNull() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let text: String? = nil
        let number: Int? = nil
        let row = try await pool.read(
          """
          SELECT $1::text AS a, $2::bigint AS b, $3::uuid AS c, $4::timestamptz AS d,
            $5::date AS e, $6::bool AS f, $7::float8 AS g, $8::jsonb AS h, ''::text AS empty
          """,
          [
            .string(text), .int(number), .uuid(text), .timestamp(Int64?.none), .date(text), nil,
            .double(nil), .json(text),
          ])[0]
        #expect(row.optionalString("a") == nil)
        #expect(row.optionalInt("b") == nil)
        #expect(row.optionalUUID("c") == nil)
        #expect(row.optionalMilliseconds("d") == nil)
        #expect(row.optionalDate("e") == nil)
        #expect(row.optionalBool("f") == nil)
        #expect(row.optionalDouble("g") == nil)
        #expect(row.optionalJSON("h") == nil)
        #expect(row.isNull("a"))
        #expect(row.string("empty") == "")
      }
    }

    @Test func aNullThatCameFirstFixesNoType() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.write("CREATE TABLE numbers (small int, big bigint, note text)")
        for value: Int? in [nil, 5, nil, 6] {
          try await pool.write(
            "INSERT INTO numbers VALUES ($1, $2, $3)",
            [.int(value), .int(value), .string(value.map { "\($0)" })])
        }
        let rows = try await pool.read("SELECT small, big, note FROM numbers ORDER BY big")
        #expect(rows.map { $0.optionalInt("small") } == [5, 6, nil, nil])
        #expect(rows.map { $0.optionalString("note") } == ["5", "6", nil, nil])
      }
    }

    @Test func arraysComeBack() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let ids = ["0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
        let row = try await pool.read(
          """
          SELECT $1::bigint[] AS a, $2::int[] AS b, $3::text[] AS c, $4::uuid[] AS d,
            $5::text[] AS e, $6::float8[] AS f, 7 = ANY ($1) AS found
          """,
          [
            .ints([1, -2, 7]), .int32s([3]), .strings(["", "ä,\"{}", "x"]), .uuids(ids),
            .strings([]), .doubles([0.5]),
          ])[0]
        #expect(row.ints("a") == [1, -2, 7])
        #expect(row.ints("b") == [3])
        #expect(row.strings("c") == ["", "ä,\"{}", "x"])
        #expect(row.uuids("d") == ids)
        #expect(row.strings("e") == [])
        #expect(row.doubles("f") == [0.5])
        #expect(row.bool("found"))
      }
    }

    @Test func numericIsReadAsNumber() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let texts = [
          "0", "1", "-1", "9999", "10000", "123456789012", "-100000000", "0.5", "-12.25", "0.0001",
          "0.00000125", "10000.00010000",
        ]
        for text in texts {
          let row = try await pool.read("SELECT $1::numeric AS n", [.string(text)])[0]
          #expect(row.double("n") == Double(text), "\(text)")
          if let whole = Int(text) { #expect(row.int("n") == whole) }
        }
        let sum = try await pool.read(
          "SELECT sum(x) AS n FROM generate_series(1, 1000000::bigint) x")
        #expect(sum[0].int("n") == 500_000_500_000)
      }
    }

    @Test func textWithNULAndMalformedUUIDsAreRefusedBeforeSending() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let nul = await failure { _ = try await pool.read("SELECT $1::text AS a", ["a\0b"]) }
        #expect(nul?.kind == .invalidParameter)
        #expect(nul?.sqlState == "22021")
        let uuid = await failure { _ = try await pool.read("SELECT $1::uuid AS a", [.uuid("x")]) }
        #expect(uuid?.sqlState == "22P02")
        let array = await failure {
          _ = try await pool.read("SELECT $1::text[] AS a", [.strings(["\0"])])
        }
        #expect(array?.kind == .invalidParameter)
        #expect(try await pool.read("SELECT 1 AS one")[0].int("one") == 1)
      }
    }

    @Test func largeValuesPass() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let text = String(repeating: "0123456789abcdeß", count: 500_000)
        let row = try await pool.read(
          "SELECT $1::text AS text, length($1::text) AS count", [.string(text)])[0]
        #expect(row.int("count") == 8_000_000)
        #expect(row.string("text") == text)
        #expect(try await pool.read("SELECT $1::text AS a", ["x"])[0].string("a") == "x")
      }
    }

    @Test func manyLargeValuesAtOnceDoNotBlockEachOther() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        try await pool.check()
        let texts = (0..<10).map { String(repeating: "\($0)", count: 1 << 20) }
        let tasks = (0..<48).map { number in
          Task {
            let text = texts[number % 10]
            return try await pool.read("SELECT $1::text AS text", [.string(text)])[0].string("text")
          }
        }
        for (number, task) in tasks.enumerated() {
          let text = try await task.value
          #expect(text.utf8.count == 1 << 20)
          #expect(text.utf8.last == UInt8(48 + number % 10))
        }
      }
    }

    @Test func timestampsBeforeTheEpochRoundDown() async throws {
      try await onLoop {
        let pool = try await TestDatabase.pool()
        defer { pool.close() }
        let row = try await pool.read(
          """
          SELECT $1::timestamptz AS a, '1969-12-31 23:59:59.9995Z'::timestamptz AS b,
            'infinity'::timestamptz AS c
          """, [.timestamp(-1)])[0]
        #expect(row.milliseconds("a") == -1)
        #expect(row.milliseconds("b") == -1)
        #expect(row.milliseconds("c") == .max)
      }
    }
  }
}
