import Glibc

/// The zones of the machine, read from its compiled zone files once and then kept.
public final class ZoneDatabase {
  public static let shared = ZoneDatabase()

  private let folder: String
  private let zonesMax: Int
  private var zones: [String: Zone] = ["UTC": .utc]

  /// No file of the IANA database reaches 4 KiB.
  private static let fileBytesMax = 1 << 16

  /// - Parameter zonesMax: how many zones are kept; the database has about 600 names.
  public init(folder: String = "/usr/share/zoneinfo", zonesMax: Int = 700) {
    self.folder = folder
    self.zonesMax = zonesMax
  }

  /// The zone of an IANA name, or nil where there is none.
  public func zone(named name: String) -> Zone? {
    if let zone = zones[name] { return zone }
    guard Self.isZoneName(name), let bytes = read(name), let zone = Zone(name: name, tzif: bytes)
    else { return nil }
    if zones.count >= zonesMax { zones = ["UTC": .utc] }
    zones[name] = zone
    return zone
  }

  /// Whether a text can be a zone's name: so that no name reaches outside the folder, nor the files
  /// in it whose seconds or meaning are others.
  static func isZoneName(_ name: String) -> Bool {
    guard name.utf8.count <= 64, let first = name.utf8.first, isLetter(first) else { return false }
    for byte in name.utf8 {
      guard
        isLetter(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "/")
          || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      else { return false }
    }
    return !name.hasPrefix("right/") && !name.hasPrefix("posix/") && name != "localtime"
      && name != "posixrules" && name != "Factory"
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte)
  }

  private func read(_ name: String) -> [UInt8]? {
    let descriptor = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count <= Self.fileBytesMax {
      let chunk = [UInt8](unsafeUninitializedCapacity: 8192) { buffer, count in
        count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
      }
      if chunk.isEmpty { return bytes }
      bytes += chunk
    }
    return nil
  }
}
