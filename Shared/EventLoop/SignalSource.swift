import CLinux

/// Signals as events of the loop (signalfd). Blocks them for this thread and those it starts, so
/// it must be made before any other thread.
public final class SignalSource: Source {
  private let action: (Int32) -> Void

  public init(_ signals: [Int32], _ action: @escaping (Int32) -> Void) {
    self.action = action
    super.init(descriptor: focal_signalfd(signals, Int32(signals.count)), trigger: .level)
  }

  public override func ready(_ readiness: Readiness) {
    while true {
      let signal = focal_signalfd_read(descriptor)
      guard signal > 0 else { return }
      action(signal)
    }
  }
}
