/// One call of an action in the future, until it is cancelled.
public final class LoopTimer {
  let due: UInt64
  /// The place in the heap; negative while it is in none.
  var index = -1
  private var action: (() -> Void)?

  init(due: UInt64, action: @escaping () -> Void) {
    self.due = due
    self.action = action
  }

  /// Forgets the action at once. Calling it again, or after the action ran, does nothing.
  public func cancel() {
    action = nil
    if index >= 0 { EventLoop.shared.cancel(self) }
  }

  func fire() {
    let action = self.action
    self.action = nil
    action?()
  }
}
