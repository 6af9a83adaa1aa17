import Glibc

/// What Prometheus' client libraries tell of a process, from `/proc/self`.
enum ProcessMetrics {
  static func register(in metrics: Metrics) {
    metrics.counter("process_cpu_seconds_total", "CPU time, user and system.") { cpuSeconds() }
    metrics.gauge("process_resident_memory_bytes", "Memory in use.") { memoryBytes().resident }
    metrics.gauge("process_virtual_memory_bytes", "Address space in use.") {
      memoryBytes().virtual
    }
    metrics.gauge("process_open_fds", "Open file descriptors.") { openDescriptors() }
    metrics.gauge("process_max_fds", "Limit of open file descriptors.") { descriptorLimit() }
    let start = startSeconds()
    metrics.gauge("process_start_time_seconds", "Start of the process, since the Unix epoch.") {
      start
    }
  }

  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func memoryBytes() -> (virtual: Double, resident: Double) {
    let pages = file("/proc/self/statm").split(separator: " ").prefix(2).compactMap { Double($0) }
    let page = Double(sysconf(Int32(_SC_PAGESIZE)))
    return pages.count == 2 ? (pages[0] * page, pages[1] * page) : (0, 0)
  }

  static func openDescriptors() -> Double {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var entries = 0.0
    while readdir(folder) != nil { entries += 1 }
    // Without `.`, `..` and the folder's own descriptor.
    return max(entries - 3, 0)
  }

  static func descriptorLimit() -> Double {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Double(limit.rlim_cur)
  }

  /// Field 22 of `stat`: ticks after the machine's start, which `/proc/stat` calls `btime`.
  static func startSeconds() -> Double {
    let fields = file("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 19, let ticks = Double(fields[19]) else { return 0 }
    let boot = file("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    guard let bootSeconds = boot.flatMap({ Double($0.dropFirst(6)) }) else { return 0 }
    return bootSeconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The first 64 KiB of a file, empty where it cannot be read.
  private static func file(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(unsafeUninitializedCapacity: 64 << 10) { buffer in
      var count = 0
      while count < buffer.count {
        let size = read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        guard size > 0 else { break }
        count += size
      }
      return count
    }
  }
}
