internal import Glibc

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

  /// Writes to standard output in one call.
  public static func writeOutput(_ text: String) { write(text, to: STDOUT_FILENO) }

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
