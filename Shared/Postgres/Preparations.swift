/// How far a connection has got with preparing each statement, by the number of its variant.
struct Preparations {
  enum State {
    case none, sent, stale
    case failed(PostgresError)
  }

  private var states: [State] = []

  subscript(variant: Int) -> State {
    get { variant < states.count ? states[variant] : .none }
    set {
      while states.count <= variant { states.append(.none) }
      states[variant] = newValue
    }
  }

  /// Why a statement failed. One that is not there failed because preparing it did.
  mutating func explain(_ error: PostgresError, _ variant: Int) -> PostgresError {
    guard variant >= 0 else { return error }
    if error.isStalePlan { self[variant] = .stale }
    guard error.isMissingStatement else { return error }
    if case .failed(let cause) = self[variant] { return cause }
    self[variant] = .none
    return error
  }
}
