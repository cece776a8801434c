internal import CLinux
internal import Glibc

/// A folder, and the files below it. Nothing that is opened through it can lie outside of it: the
/// kernel itself refuses `..` and symbolic links that leave (openat2, RESOLVE_BENEATH). Where there
/// is no such call (systemd's DynamicUser= takes it away, since its filters cannot look into it),
/// the path is resolved here and opened step by step, following nothing.
public final class Folder: Sendable {
  /// As it was given.
  public let path: String
  let descriptor: Descriptor
  private static let beneath: UInt64 = 0x08
  private static let noMagicLinks: UInt64 = 0x02
  /// As many as the kernel follows.
  private static let linksMax = 40
  private let resolver: Resolver

  /// Who follows a path.
  enum Resolver: CaseIterable, Sendable {
    /// The kernel, and we where it cannot.
    case kernel
    case ourselves
  }

  /// Opens the folder itself.
  public convenience init(_ path: String) throws(SystemError) { try self.init(path, .kernel) }

  init(_ path: String, _ resolver: Resolver) throws(SystemError) {
    self.path = path
    self.resolver = resolver
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    descriptor = Descriptor(
      Int32(try checkedCall("open") { unsafe Int(Glibc.open(path, flags)) }))
  }

  /// Opens a regular file by its path below the folder.
  ///
  /// - Throws: ``SystemError/isMissing`` when there is none, when it is not a regular file (a FIFO
  ///   or a device say), or when the path would lead out of the folder.
  public func file(at path: String) throws(SystemError) -> RegularFile {
    // The kernel would read only as far as the NUL and open another file.
    guard !path.utf8.contains(0) else { throw SystemError("openat2", ENOENT) }
    return try RegularFile(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC))
  }

  /// What is below a folder.
  public struct Listing: Equatable, Sendable {
    /// The paths of regular files, in order.
    public var files: [String] = []
    /// The paths of folders, the folder itself (`.`) first, each before those in it.
    public var folders: [String] = []
    /// False where descriptors or memory ran out: there may be more.
    public var isComplete = true

    /// Nothing.
    public init() {}
  }

  /// The regular files below the folder, at most `limit`, and no deeper than `depth` folders. Names
  /// that begin with a dot and names that are not UTF-8 are left out.
  public func listing(limit: Int, depth: Int) -> Listing {
    var found = Listing()
    collect(".", prefix: "", limit: limit, depth: depth, into: &found)
    found.files.sort()
    return found
  }

  private func open(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
    if resolver == .ourselves { return try openByHand(path, flags) }
    let folder = descriptor.number
    let resolve = Self.beneath | Self.noMagicLinks
    switch systemCall({ unsafe Int(clinux_openat2(folder, path, UInt64(flags), resolve)) }) {
    case .value(let number): return Descriptor(Int32(number))
    case .wouldBlock: throw SystemError("openat2", EAGAIN)
    // What filters say of calls that they do not know, or do not want.
    case .failed(ENOSYS), .failed(EPERM): return try openByHand(path, flags)
    case .failed(let code): throw SystemError("openat2", code)
    }
  }

  /// Does what openat2 does. Links are read first; what is left has none, unless somebody changes
  /// it meanwhile, and then a step of the descent fails.
  private func openByHand(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
    let names = try resolve(path)
    var current = try step(descriptor.number, ".", Int32(CLINUX_O_PATH) | O_DIRECTORY)
    for name in names.dropLast() {
      current = try step(current.number, name, Int32(CLINUX_O_PATH) | O_DIRECTORY)
    }
    let wanted = path.utf8.last == UInt8(ascii: "/") ? flags | O_DIRECTORY : flags
    return try step(current.number, names.last ?? ".", wanted)
  }

  private func step(
    _ folder: Int32, _ name: String, _ flags: Int32
  ) throws(SystemError) -> Descriptor {
    let flags = flags | O_NOFOLLOW | O_CLOEXEC
    return Descriptor(
      Int32(try checkedCall("openat") { unsafe Int(openat(folder, name, flags)) }))
  }

  /// The names on the way to a path, without links, `.` and `..`.
  private func resolve(_ path: String) throws(SystemError) -> [String] {
    guard !path.isEmpty else { throw SystemError("openat", ENOENT) }
    guard path.utf8.count < Int(PATH_MAX) else { throw SystemError("openat", ENAMETOOLONG) }
    var (names, links): ([String], Int) = ([], 0)
    var pending = try Self.steps(path)
    while let name = pending.popLast() {
      if name == ".." {
        guard names.popLast() != nil else { throw SystemError("openat", EXDEV) }
      } else if let target = try link(at: (names + [name]).joined(separator: "/")) {
        links += 1
        guard links <= Self.linksMax else { throw SystemError("openat", ELOOP) }
        pending += try Self.steps(target)
      } else {
        names.append(name)
      }
    }
    return names
  }

  /// What a path goes through, the first step last.
  private static func steps(_ path: String) throws(SystemError) -> [String] {
    guard path.utf8.first != UInt8(ascii: "/") else { throw SystemError("openat", EXDEV) }
    // By bytes, as the kernel does: a combining mark makes no other character of a slash.
    let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    return names.filter { $0 != "." }.reversed()
  }

  /// Where a symbolic link leads; nil when it is none.
  private func link(at path: String) throws(SystemError) -> String? {
    let folder = descriptor.number
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let capacity = target.count
    switch systemCall({ unsafe readlinkat(folder, path, &target, capacity) }) {
    case .value(let count):
      return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    case .failed(EINVAL): return nil
    case .failed(let code): throw SystemError("readlinkat", code)
    case .wouldBlock: throw SystemError("readlinkat", EAGAIN)
    }
  }

  private func collect(
    _ path: String, prefix: String, limit: Int, depth: Int, into found: inout Listing
  ) {
    let entries: [(name: String, kind: EntryKind)]
    do throws(SystemError) {
      entries = try self.entries(of: path)
    } catch {
      if error.isExhaustion { found.isComplete = false }
      return
    }
    found.folders.append(path)
    for entry in entries where found.files.count < limit {
      let path = prefix + entry.name
      switch entry.kind {
      case .file: found.files.append(path)
      case .folder where depth > 1:
        collect(path, prefix: path + "/", limit: limit, depth: depth - 1, into: &found)
      case .unknown: found.isComplete = false
      case .folder, .other: break
      }
    }
  }

  /// Whether there is a folder at a path.
  public func hasFolder(at path: String) -> Bool { (try? folder(at: path)) != nil }

  /// Opens a folder below this one, to watch it.
  func folder(at path: String) throws(SystemError) -> Descriptor {
    try open(path, Int32(CLINUX_O_PATH) | O_DIRECTORY | O_CLOEXEC)
  }

  private enum EntryKind { case file, folder, other, unknown }

  private func entries(of path: String) throws(SystemError) -> [(name: String, kind: EntryKind)] {
    let opened = try open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // The stream takes the descriptor over, hence a second one.
    let number = opened.number
    let copy = Int32(try checkedCall("dup") { Int(fcntl(number, F_DUPFD_CLOEXEC, 0)) })
    guard let stream = unsafe fdopendir(copy) else {
      let code = errno
      close(copy)
      throw SystemError("fdopendir", code)
    }
    defer { unsafe _ = closedir(stream) }
    var entries: [(name: String, kind: EntryKind)] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(validatingCString: $0)
        }
      }
      guard let name, name.utf8.first != UInt8(ascii: ".") else { continue }
      entries.append((name, kind(of: path == "." ? name : path + "/" + name)))
    }
    return entries
  }

  /// Asked of the kernel through the same door as an open, so that links are judged alike.
  private func kind(of path: String) -> EntryKind {
    let opened: Descriptor
    do throws(SystemError) {
      opened = try open(path, Int32(CLINUX_O_PATH) | O_CLOEXEC)
    } catch {
      return error.isExhaustion ? .unknown : .other
    }
    var status = stat()
    guard unsafe fstat(opened.number, &status) == 0 else { return .other }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }
}

/// A regular file that is open for reading. It is read, never mapped: a file that shrinks under a
/// mapping would end the process with SIGBUS.
public final class RegularFile: Sendable {
  /// What makes a file the same file, unchanged.
  public struct Identity: Equatable, Sendable {
    /// The size in bytes.
    public let size: Int
    private let device: UInt
    private let inode: UInt
    private let modifiedSeconds: Int
    private let modifiedNanoseconds: Int

    /// A text that changes whenever the file does, for an entity tag.
    public var tag: String { "\(size)-\(modifiedSeconds)-\(modifiedNanoseconds)-\(inode)" }

    /// When it was last changed, in nanoseconds since 1970.
    public var modified: Int64 { Int64(modifiedSeconds) * 1_000_000_000 }

    fileprivate init(_ status: stat) {
      size = Int(status.st_size)
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      modifiedSeconds = status.st_mtim.tv_sec
      modifiedNanoseconds = status.st_mtim.tv_nsec
    }
  }

  private let descriptor: Descriptor

  /// Opens a file of the kernel's, whose size is not known before it is read.
  convenience init(path: String) throws(SystemError) {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    try self.init(
      Descriptor(Int32(try checkedCall("open") { unsafe Int(Glibc.open(path, flags)) })))
  }

  fileprivate init(_ descriptor: consuming Descriptor) throws(SystemError) {
    self.descriptor = descriptor
    var status = stat()
    let number = self.descriptor.number
    try checkedCall("fstat") { unsafe Int(fstat(number, &status)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", ENOENT) }
  }

  /// The file's identity as it is now.
  public func identity() throws(SystemError) -> Identity {
    var status = stat()
    let number = descriptor.number
    try checkedCall("fstat") { unsafe Int(fstat(number, &status)) }
    return Identity(status)
  }

  /// Reads up to `count` bytes from `offset`; fewer only where the file ends.
  public func read(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
    let number = descriptor.number
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < buffer.count, let base = buffer.baseAddress {
        let (done, rest) = (initialized, buffer.count - initialized)
        switch systemCall({ unsafe pread(number, base + done, rest, offset + done) }) {
        case .value(0): return
        case .value(let count): initialized += count
        case .wouldBlock: return
        case .failed(let code):
          failure = SystemError("pread", code)
          return
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
