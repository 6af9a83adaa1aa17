/// A length of time in words: `40 s`, `25 min`, `1 h 5 min`.
nonisolated struct DurationText: CustomStringConvertible {
  let seconds: Int

  var description: String {
    let minutes = seconds / 60
    if minutes == 0 { return "\(seconds) s" }
    if minutes < 60 { return "\(minutes) min" }
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
