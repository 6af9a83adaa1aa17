import CLinux
import Glibc

/// What a descriptor is ready for.
public nonisolated struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let readable = Readiness(rawValue: UInt32(FOCAL_IN))
  public static let writable = Readiness(rawValue: UInt32(FOCAL_OUT))
  /// The peer will send no more; it may still read.
  public static let peerClosed = Readiness(rawValue: UInt32(FOCAL_RDHUP))
  /// Both directions are gone, or the socket is in error.
  public static let hangUp = Readiness(rawValue: UInt32(FOCAL_HUP | FOCAL_ERR))
}

/// A file descriptor in the loop. Subclasses say what to do when it is ready.
open class Source {
  public enum Trigger {
    /// For our own sockets: registered once for both directions, told of changes only.
    case edge
    /// For libraries' sockets (libpq, hiredis): told as long as it is so.
    case level
  }

  public let descriptor: Int32
  public private(set) var isClosed = false
  var isDirty = false
  var isRegistered = true
  private let trigger: Trigger
  private let ownsDescriptor: Bool
  /// Of level-triggered sources.
  private var watched: Readiness = .readable

  /// Registers the descriptor. With `ownsDescriptor`, `close()` closes it too.
  public init(descriptor: Int32, trigger: Trigger, ownsDescriptor: Bool = true) {
    self.descriptor = descriptor
    self.trigger = trigger
    self.ownsDescriptor = ownsDescriptor
    EventLoop.shared.register(self, events: interest)
  }

  /// The descriptor became (edge) or is (level) ready.
  open func ready(_ readiness: Readiness) {}

  /// Called once at the end of the turn in which `setNeedsFlush()` was called.
  open func flush() {}

  public final func setNeedsFlush() {
    guard !isDirty, !isClosed else { return }
    isDirty = true
    EventLoop.shared.markDirty(self)
  }

  /// Level-triggered sources only: whether to be told of room to write.
  public final func watchWritable(_ on: Bool) {
    watch(on ? watched.union(.writable) : watched.subtracting(.writable))
  }

  /// Level-triggered sources only: which of `.readable` and `.writable` to be told of. The end of
  /// both directions is always told.
  public final func watch(_ readiness: Readiness) {
    guard trigger == .level, readiness != watched, !isClosed else { return }
    watched = readiness
    EventLoop.shared.modify(self, events: interest)
  }

  /// No event reaches the source after this. Calling it again does nothing.
  open func close() {
    guard !isClosed else { return }
    surrender()
    if ownsDescriptor { _ = Glibc.close(descriptor) }
  }

  /// As `close()`, but the descriptor stays open: it is the caller's now, and may be registered by
  /// another source at once.
  public final func surrender() {
    guard !isClosed else { return }
    isClosed = true
    if isRegistered { EventLoop.shared.deregister(self) }
  }

  private var interest: UInt32 {
    let all: Readiness = [.readable, .writable, .peerClosed]
    return switch trigger {
    case .edge: all.rawValue | focal_edge_triggered
    // Who does not read is not told of a peer that will send no more, again and again.
    case .level: watched.union(watched.contains(.readable) ? .peerClosed : []).rawValue
    }
  }
}
