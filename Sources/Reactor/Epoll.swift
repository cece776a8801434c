internal import CLinux
internal import Glibc

/// What happened on a descriptor. An error or a hang-up counts as both readable and writable, so
/// that the owner meets it from its own `recv` or `send`, on one path.
public struct Readiness: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// Made from bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Reading will not wait.
  public static let readable = Readiness(rawValue: 1)
  /// Writing will not wait.
  public static let writable = Readiness(rawValue: 2)
  /// An error or a hang-up, said for those who would not read or write now. It is never waited for
  /// and comes all the same.
  public static let failed = Readiness(rawValue: 4)
}

/// The only file that names epoll. Level-triggered; each event carries a token of generation and
/// descriptor, so that a late event of a descriptor that has been closed and reused is recognised.
@safe struct Epoll: ~Copyable {
  private let descriptor: Descriptor
  private let events: UnsafeMutablePointer<epoll_event>
  private static let capacity = 256

  init() throws(SystemError) {
    descriptor = Descriptor(
      Int32(try checkedCall("epoll_create1") { Int(epoll_create1(Int32(EPOLL_CLOEXEC))) }))
    unsafe events = .allocate(capacity: Self.capacity)
    unsafe events.initialize(repeating: epoll_event(), count: Self.capacity)
  }

  deinit { unsafe events.deallocate() }

  func add(_ number: Int32, _ interest: Readiness, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_ADD, number, interest, token)
  }

  func change(_ number: Int32, _ interest: Readiness, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_MOD, number, interest, token)
  }

  /// Must come before the descriptor is closed.
  func remove(_ number: Int32) {
    let descriptor = descriptor.number
    _ = systemCall { Int(clinux_epoll_control(descriptor, EPOLL_CTL_DEL, number, 0, 0)) }
  }

  /// Waits until something happens and returns how many events there are.
  func wait() throws(SystemError) -> Int {
    let (descriptor, events) = unsafe (descriptor.number, events)
    return try checkedCall("epoll_wait") {
      unsafe Int(epoll_wait(descriptor, events, Int32(Self.capacity), -1))
    }
  }

  /// Event `index` of the last wait.
  func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
    let event = unsafe events[index]
    var readiness: Readiness = []
    let failed = unsafe event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
    if failed { readiness.insert(.failed) }
    if unsafe failed || event.events & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
    if unsafe failed || event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
    return unsafe (event.data.u64, readiness)
  }

  private func control(
    _ operation: Int32, _ number: Int32, _ interest: Readiness, _ token: UInt64
  ) throws(SystemError) {
    var bits: UInt32 = 0
    if interest.contains(.readable) { bits |= EPOLLIN.rawValue }
    if interest.contains(.writable) { bits |= EPOLLOUT.rawValue }
    let descriptor = descriptor.number
    try checkedCall("epoll_ctl") {
      Int(clinux_epoll_control(descriptor, operation, number, bits, token))
    }
  }
}
