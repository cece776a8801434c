internal import Glibc

/// A system call that failed: what was being done, and why the kernel refused.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The call's name, as in section 2 of the manual.
  public let call: String
  /// The value of `errno`.
  public let code: Int32

  init(_ call: StaticString, _ code: Int32) {
    self.call = call.description
    self.code = code
  }

  /// `bind: Address already in use`.
  public var description: String { "\(call): \(reason)" }

  /// The C library's sentence for the code.
  public var reason: String { unsafe String(cString: strerror(code)) }

  /// The address or port belongs to someone else.
  public var isAddressInUse: Bool { code == EADDRINUSE }
  /// The address is not one of this machine's.
  public var isAddressNotAvailable: Bool { code == EADDRNOTAVAIL }
  /// No descriptor or socket memory is left.
  public var isExhaustion: Bool {
    code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
  }
  /// The disk is full, or what may be used of it (a quota).
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
  /// There is something of that name already.
  public var isTaken: Bool { code == EEXIST }
  /// There is no such file, or a path that must not be followed, or a socket or an absent device.
  public var isMissing: Bool {
    switch code {
    case ENOENT, ENOTDIR, EXDEV, ELOOP, EACCES, EINVAL, ENAMETOOLONG, ENXIO, ENODEV: true
    default: false
    }
  }
}

/// What a non-blocking call came to. Waiting is a result, not an error.
enum CallResult {
  case value(Int)
  case wouldBlock
  case failed(Int32)
}

/// The one door to the kernel: an interrupted call is repeated, a would-block is a value, and a
/// descriptor that is not ours is a bug in this program that must not go on.
@inline(__always)
func systemCall(_ body: () -> Int) -> CallResult {
  while true {
    let result = body()
    if result >= 0 { return .value(result) }
    let code = errno
    switch code {
    case EINTR: continue
    case EAGAIN: return .wouldBlock
    case EBADF, EFAULT: preconditionFailure("a system call on a descriptor that is not open")
    default: return .failed(code)
    }
  }
}

/// The same for calls that never wait: anything but a value is thrown.
@discardableResult
@inline(__always)
func checkedCall(_ name: StaticString, _ body: () -> Int) throws(SystemError) -> Int {
  switch systemCall(body) {
  case .value(let value): return value
  case .wouldBlock: throw SystemError(name, EAGAIN)
  case .failed(let code): throw SystemError(name, code)
  }
}
