import Contracts
import Foundation

/// The parts of `FocusMetrics`, which holds them as text.
nonisolated struct ShownDay: Decodable {
  var date: String
  var totalSeconds: Int
  var totalMinutes: Double
  var sessions: Int
  var byHour: [Int]
}

nonisolated struct ShownWeek: Decodable {
  nonisolated struct Day: Decodable {
    var totalSeconds: Int
  }

  var start: String
  var end: String
  var totalSeconds: Int
  var averageSessionSeconds: Int
  var byDay: [Day]
}

nonisolated extension FocusMetrics {
  func shownDay() throws -> ShownDay {
    try Self.decoder.decode(ShownDay.self, from: Data(daily.utf8))
  }

  func shownWeek() throws -> ShownWeek {
    try Self.decoder.decode(ShownWeek.self, from: Data(weekly.utf8))
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}
