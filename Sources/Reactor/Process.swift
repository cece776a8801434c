internal import CLinux
internal import Glibc
internal import Synchronization

/// What a daemon asks of its own process.
public enum Process {
  /// Raises the limit of open descriptors as far as the kernel lets us and returns it.
  @discardableResult
  public static func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let wanted = max(limit.rlim_max, 1 << 20)
    for maximum in [wanted, limit.rlim_max] {
      var raised = rlimit(rlim_cur: maximum, rlim_max: max(maximum, limit.rlim_max))
      if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
        return Int(clamping: maximum)
      }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// From now on a large block goes back to the system as soon as it is freed. Left to itself the C
  /// library keeps such blocks in its heap once one of that size has been freed, where small ones
  /// settle between them: a daemon whose films come and go would never be small again.
  public static func returnLargeBlocks() {
    mallopt(M_MMAP_THRESHOLD, Self.largeBlockBytes)
    mallopt(M_TRIM_THRESHOLD, Self.largeBlockBytes)
  }

  private static let largeBlockBytes: Int32 = 128 * 1024

  /// Opens what the parent has closed of standard input, output and error, onto nothing: else the
  /// first file or connection would be what is read from or written to.
  public static func openStandardDescriptors() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// The folders above the program's own file, the nearest first.
  public static var ancestors: [String] {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let capacity = buffer.count
    let count = unsafe buffer.withUnsafeMutableBytes { raw in
      unsafe raw.baseAddress.map { unsafe readlink("/proc/self/exe", $0, capacity) } ?? 0
    }
    guard count > 0 else { return [] }
    var path = Substring(String(decoding: buffer[..<count], as: UTF8.self))
    var folders: [String] = []
    while let slash = path.lastIndex(of: "/") {
      path = path[..<slash]
      folders.append(String(path))
    }
    return folders
  }

  /// Writes to standard error in one call, so that lines of several processes do not mix.
  public static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Writes to standard error, unless that would wait for whoever reads there: a reader that has
  /// stopped must not stop a daemon. Of a text that is longer the first 4,096 bytes are written,
  /// which a pipe takes as a whole or not at all (pipe(7)).
  ///
  /// - Returns: whether it was written.
  public static func writeErrorIfRoom(_ text: String) -> Bool {
    var bytes = Array(text.utf8.prefix(Int(PIPE_BUF)))
    if bytes.count < text.utf8.count { bytes[bytes.count - 1] = UInt8(ascii: "\n") }
    return standardError.withLock { _ in
      var place = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&place, 1, 0) == 1 else { return false }
      let result = systemCall { unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count) }
      if case .value = result { return true }
      return false
    }
  }

  /// Between finding room and writing no other thread takes it.
  private static let standardError = Mutex(())

  /// Writes to standard output in one call.
  public static func writeOutput(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Gives memory back to the machine that was freed. It takes a millisecond or more.
  public static func trimMemory() { _ = malloc_trim(0) }

  /// What the process uses of the machine.
  public struct Resources: Sendable {
    /// Descriptors that are open.
    public var openDescriptors = 0
    /// Descriptors that may be open.
    public var maxDescriptors = 0
    /// Memory that is in the machine.
    public var residentBytes = 0
    /// Processor time, user and system.
    public var cpuMicroseconds = 0
  }

  /// As it is now; what the kernel does not tell is 0.
  public static var resources: Resources {
    var resources = Resources()
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    resources.maxDescriptors = Int(clamping: limit.rlim_cur)
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    resources.cpuMicroseconds = times.reduce(0) { $0 + $1.tv_sec * 1_000_000 + Int($1.tv_usec) }
    // Size, resident, shared, … in pages (proc(5)).
    if let file = try? RegularFile(path: "/proc/self/statm"), let bytes = try? file.read(200, at: 0)
    {
      let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
      let pages = fields.count > 1 ? Int(fields[1]) ?? 0 : 0
      resources.residentBytes = pages * Int(getpagesize())
    }
    resources.openDescriptors = openDescriptors
    return resources
  }

  /// Another process' memory and processor time; nil when there is no such process.
  public static func resources(of pid: Int) -> Resources? {
    guard let page = try? RegularFile(path: "/proc/\(pid)/stat").read(4096, at: 0) else {
      return nil
    }
    // The second field is the program's name in parentheses, which may hold anything (proc(5)).
    let text = String(decoding: page, as: UTF8.self)
    guard let name = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]),
      let pages = Int(fields[21])
    else { return nil }
    var resources = Resources()
    let ticksPerSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))
    resources.cpuMicroseconds = (user + system) * (1_000_000 / ticksPerSecond)
    resources.residentBytes = pages * Int(getpagesize())
    return resources
  }

  private static var openDescriptors: Int {
    // Kernels from 6.2 on know the number; before, each has to be looked at.
    var status = stat()
    if unsafe stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return status.st_size }
    guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
    defer { unsafe closedir(folder) }
    var count = 0
    while let entry = unsafe readdir(folder) {
      if unsafe entry.pointee.d_type == UInt8(DT_LNK) { count += 1 }
    }
    // The one that reads the list is in it.
    return count - 1
  }

  /// Standard error's device and inode, `8:4711`, as JOURNAL_STREAM names them (systemd.exec(5)).
  public static var standardErrorIdentity: String {
    var status = stat()
    guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return "" }
    return "\(status.st_dev):\(status.st_ino)"
  }

  /// Ends the program.
  public static func exit(_ status: Int32) -> Never { Glibc.exit(status) }

  private static func write(_ text: String, to number: Int32) {
    // A closed terminal or a full disk must not stop a daemon: what cannot be said is not said.
    var text = text
    text.withUTF8 { bytes in
      _ = systemCall { unsafe Glibc.write(number, bytes.baseAddress, bytes.count) }
    }
  }
}
