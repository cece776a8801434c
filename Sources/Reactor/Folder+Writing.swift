internal import Glibc

/// Files that are made in a folder. Each of these calls may wait for a disk.
extension Folder {
  /// Makes a file, by a name without slashes. What is there already is never opened, whatever it
  /// is (`O_EXCL`), a symbolic link that leads away neither.
  public func make(_ name: String) throws(SystemError) -> GrowingFile {
    let folder = try number(for: name, "openat")
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    return GrowingFile(
      Descriptor(
        Int32(try checkedCall("openat") { unsafe Int(openat(folder, name, flags, 0o644)) }))
    )
  }

  /// Takes a file away.
  public func remove(_ name: String) throws(SystemError) {
    let folder = try number(for: name, "unlinkat")
    try checkedCall("unlinkat") { unsafe Int(unlinkat(folder, name, 0)) }
  }

  /// How many bytes may still be written there by somebody who is not root.
  public func freeBytes() throws(SystemError) -> Int {
    let folder = descriptor.number
    var status = statvfs()
    try checkedCall("fstatvfs") { unsafe Int(fstatvfs(folder, &status)) }
    let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
  }

  /// - Throws: when no file can be made there.
  public func checkWritable() throws(SystemError) {
    let folder = descriptor.number
    try checkedCall("faccessat") { unsafe Int(faccessat(folder, ".", W_OK | X_OK, AT_EACCESS)) }
  }

  private func number(for name: String, _ call: StaticString) throws(SystemError) -> Int32 {
    guard !name.isEmpty, name != ".", name != "..",
      name.utf8.allSatisfy({ $0 != 0 && $0 != UInt8(ascii: "/") })
    else { throw SystemError(call, EINVAL) }
    return descriptor.number
  }
}
