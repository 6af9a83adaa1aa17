import EventLoop

/// libpq's socket in the loop: level-triggered, since libpq decides how much it reads and writes.
final class DescriptorSource: Source {
  var onReady: (Readiness) -> Void = { _ in }
  var onFlush: () -> Void = {}

  init(_ descriptor: Int32) {
    super.init(descriptor: descriptor, trigger: .level, ownsDescriptor: false)
  }

  override func ready(_ readiness: Readiness) { onReady(readiness) }
  override func flush() { onFlush() }
}
