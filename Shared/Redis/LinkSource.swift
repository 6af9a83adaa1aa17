import EventLoop

/// hiredis' socket in the loop: level-triggered, since hiredis decides how much it reads.
final class LinkSource: Source {
  var onReady: (Readiness) -> Void = { _ in }
  var onFlush: () -> Void = {}

  init(_ descriptor: Int32) {
    super.init(descriptor: descriptor, trigger: .level, ownsDescriptor: false)
  }

  override func ready(_ readiness: Readiness) { onReady(readiness) }
  override func flush() { onFlush() }
}
