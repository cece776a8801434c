internal import Glibc

/// Files that a program reads or writes as a whole, named by whoever runs it; unlike a
/// ``Folder``'s, their paths may lead anywhere.
public enum WholeFile {
  /// Reads a regular file.
  ///
  /// - Parameters:
  ///   - limit: the most bytes it may have.
  ///   - progress: told how many bytes of how many are there, now and then.
  /// - Throws: when it cannot be read, is no regular file (`EISDIR` for a folder, `EINVAL` for
  ///   others), or is larger (`EFBIG`).
  public static func read(
    _ path: String, limit: Int, progress: (_ done: Int, _ size: Int) -> Void = { _, _ in }
  ) throws(SystemError) -> [UInt8] {
    let file = try open(path, O_RDONLY | O_NONBLOCK)
    var status = stat()
    let number = file.number
    try checkedCall("fstat") { unsafe Int(fstat(number, &status)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw SystemError("open", EISDIR)
    default: throw SystemError("open", EINVAL)
    }
    let size = Int(status.st_size)
    guard size <= limit else { throw SystemError("open", EFBIG) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    // A file that grows meanwhile is read as far as it was long.
    while bytes.count < size {
      let piece = try read(min(pieceBytes, size - bytes.count), from: number)
      if piece.isEmpty { break }
      bytes += piece
      progress(bytes.count, size)
    }
    return bytes
  }

  /// Writes a file in place: one that exists keeps its mode, and a pipe or a device is written to.
  ///
  /// - Throws: when it cannot be opened or written.
  public static func write(_ bytes: [UInt8], at path: String) throws(SystemError) {
    let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, mode: 0o666)
    try write(bytes, to: file.number)
  }

  /// Puts a file that only its owner may read in the place of another, or of none: whoever reads it
  /// finds the old bytes or the new, never a part. Folders on the way are made, for the owner
  /// alone.
  ///
  /// - Throws: when that is not possible; the old file is still there.
  public static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    var folder = path.startIndex
    while let slash = path[folder...].dropFirst().firstIndex(of: "/") {
      let parent = String(path[..<slash])
      let made = systemCall { unsafe Int(mkdir(parent, 0o700)) }
      if case .failed(let code) = made, code != EEXIST { throw SystemError("mkdir", code) }
      folder = slash
    }
    let temporary = "\(path).\(getpid())"
    do throws(SystemError) {
      let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
      try write(bytes, to: file.number)
      try checkedCall("rename") { unsafe Int(rename(temporary, path)) }
    } catch {
      unsafe _ = unlink(temporary)
      throw error
    }
  }

  private static let pieceBytes = 4 << 20

  private static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0
  ) throws(SystemError) -> Descriptor {
    // The C library would read only as far as the NUL and open another file.
    guard !path.utf8.contains(0) else { throw SystemError("open", ENOENT) }
    return Descriptor(
      Int32(try checkedCall("open") { unsafe Int(Glibc.open(path, flags | O_CLOEXEC, mode)) }))
  }

  private static func read(_ count: Int, from number: Int32) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      switch systemCall({ unsafe Glibc.read(number, buffer.baseAddress, count) }) {
      case .value(let count): initialized = count
      case .wouldBlock: failure = SystemError("read", EAGAIN)
      case .failed(let code): failure = SystemError("read", code)
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes everything, waiting where the reader of a pipe takes its time.
  static func write(_ bytes: [UInt8], to number: Int32) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let call = unsafe bytes.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { return CallResult.value(0) }
        return systemCall { unsafe Glibc.write(number, base + written, raw.count - written) }
      }
      switch call {
      case .value(let count): written += count
      // Another program has made the descriptor non-blocking for all who share it.
      case .wouldBlock: _ = Wait.wait(number, .writing, until: SystemClock().now() + 1_000_000_000)
      case .failed(let code): throw SystemError("write", code)
      }
    }
  }
}
