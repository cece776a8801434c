internal import Glibc

/// A regular file that is being made: bytes are put behind its end and over its beginning, by
/// whoever may wait for a disk.
public final class GrowingFile: Sendable {
  private let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  /// Writes all the bytes from `offset` on.
  ///
  /// - Throws: when it cannot; some of them may be there.
  public func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    let number = descriptor.number
    var written = 0
    while written < bytes.count {
      let call = unsafe bytes.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { return CallResult.value(0) }
        return systemCall {
          unsafe pwrite(number, base + written, raw.count - written, offset + written)
        }
      }
      switch call {
      // Nothing taken and no error is what a device says that is at its end.
      case .value(0): throw SystemError("pwrite", ENOSPC)
      case .value(let count): written += count
      case .wouldBlock: throw SystemError("pwrite", EAGAIN)
      case .failed(let code): throw SystemError("pwrite", code)
      }
    }
  }

  /// Waits until what was written is on the disk, so that it outlives the machine's end.
  public func synchronize() throws(SystemError) {
    let number = descriptor.number
    try checkedCall("fdatasync") { Int(fdatasync(number)) }
  }

  /// Takes away what is behind `size`.
  public func cut(to size: Int) throws(SystemError) {
    let number = descriptor.number
    try checkedCall("ftruncate") { Int(ftruncate(number, size)) }
  }
}
