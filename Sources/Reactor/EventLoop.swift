internal import CLinux
internal import Glibc

/// Whoever owns a descriptor that the loop watches.
public protocol EventHandler: AnyObject {
  /// Something happened on the descriptor registered under `registration`.
  func ready(_ registration: Registration, _ readiness: Readiness)
}

/// A descriptor's place in the loop. It dies with ``EventLoop/remove(_:)``; a later event for it is
/// skipped even when the kernel has given the number to someone else.
public struct Registration: Equatable, Sendable {
  let number: Int32
  let generation: UInt32

  var token: UInt64 { UInt64(generation) << 32 | UInt64(UInt32(bitPattern: number)) }
}

/// The reactor: one thread, one epoll instance, one timerfd for all deadlines.
///
/// A turn is one function with a fixed order: arm the timer, wait, read the clock, serve the
/// descriptors, expire the deadlines. Where so many descriptors are ready that serving them takes
/// longer than a slot, deadlines are looked after in between: a flood of requests makes no frame
/// late. Where more is due than can be done, requests still get a fifth of the time, and none waits
/// for more than a few milliseconds of deadlines. Nothing else in the program waits or reads the
/// clock.
public final class EventLoop {
  /// The time at which this turn began.
  public var now: Instant { time }
  // Not the public one itself: what other modules see is checked for exclusive access each time.
  private var time: Instant
  /// Everything that is to happen later.
  public let deadlines: Deadlines

  private let clock: any Clock
  private let epoll: Epoll
  private let timer: Descriptor
  private static let timerToken = UInt64.max
  /// What the timer is set to; nil when it has gone off or was never set.
  private var armed: Instant?
  private var places: [Place] = []
  private var generation: UInt32 = 0
  private var running = false
  /// The clock is looked at again after so many descriptors.
  private static let eventsPerLook = 8
  /// Deadlines are served so long before descriptors are looked at again.
  private static let spellNanoseconds: Int64 = 4 * Deadlines.slotNanoseconds
  /// How long they were served the last time, and when that ended.
  private var lastSpell: (length: Int64, end: Instant)
  /// How long deadlines have been served since the loop was made, in nanoseconds.
  public private(set) var deadlineNanoseconds: Int64 = 0

  private struct Place {
    var generation: UInt32 = 0
    var handler: (any EventHandler)?
  }

  /// Makes a loop that watches nothing yet. Another clock than the kernel's is for simulations,
  /// which never wait and call ``expireDeadlines()`` instead of ``turn()``.
  public init(clock: any Clock = SystemClock()) throws(SystemError) {
    self.clock = clock
    time = clock.now()
    lastSpell = (0, time)
    deadlines = Deadlines(now: time)
    epoll = try Epoll()
    let flags = Int32(TFD_NONBLOCK | TFD_CLOEXEC)
    timer = Descriptor(
      Int32(try checkedCall("timerfd_create") { Int(timerfd_create(CLOCK_MONOTONIC, flags)) }))
    try epoll.add(timer.number, .readable, token: Self.timerToken)
  }

  /// Nanoseconds since 1970, read now.
  public var realtime: Int64 { clock.realtime() }

  /// Nanoseconds since 1970 at a moment of this loop's clock, such as ``now``: a turn may have
  /// lasted since then.
  public func realtime(at moment: Instant) -> Int64 { clock.realtime() - (clock.now() - moment) }

  /// The time right now, which is later than ``now``. For measuring the loop itself only.
  public func readClock() -> Instant { clock.now() }

  /// Nanoseconds for which the loop's thread has had a processor; a system call.
  public func readProcessorTime() -> Int64 { clock.processor() }

  /// Takes turns until ``stop()``.
  public func run() throws(SystemError) {
    running = true
    while running { try turn() }
  }

  /// Ends ``run()`` after the present turn.
  public func stop() { running = false }

  /// One turn.
  public func turn() throws(SystemError) {
    try armTimer()
    let count = try epoll.wait()
    time = clock.now()
    for index in 0..<count {
      if index % Self.eventsPerLook == Self.eventsPerLook - 1 { lookAtTheClock() }
      let (token, readiness) = epoll.event(index)
      if token == Self.timerToken { armed = nil } else { dispatch(token, readiness) }
    }
    serveDeadlines()
  }

  private func lookAtTheClock() {
    let present = clock.now()
    guard present - time >= Deadlines.slotNanoseconds else { return }
    // Descriptors have their turn as well: at least a quarter of what deadlines had.
    guard present - lastSpell.end >= lastSpell.length / 4 else { return }
    time = present
    serveDeadlines()
  }

  private func serveDeadlines() {
    let began = clock.now()
    deadlines.expire(at: time) { clock.now() - began >= Self.spellNanoseconds }
    let end = clock.now()
    lastSpell = (end - began, end)
    deadlineNanoseconds += end - began
  }

  /// The last part of a turn alone: reads the clock and wakes what is due.
  public func expireDeadlines() {
    time = clock.now()
    deadlines.expire(at: time)
  }

  /// Watches a descriptor for `handler` until ``remove(_:)``.
  func add(
    _ descriptor: borrowing Descriptor, _ interest: Readiness, _ handler: any EventHandler
  ) throws(SystemError) -> Registration {
    generation &+= 1
    let registration = Registration(number: descriptor.number, generation: generation)
    try epoll.add(descriptor.number, interest, token: registration.token)
    let index = Int(descriptor.number)
    while places.count <= index { places.append(Place()) }
    places[index] = Place(generation: generation, handler: handler)
    return registration
  }

  /// Changes what is watched for.
  public func change(_ registration: Registration, _ interest: Readiness) {
    guard place(of: registration) != nil else { return }
    // It can only fail for a descriptor that is not in the set, which `place` has ruled out.
    try? epoll.change(registration.number, interest, token: registration.token)
  }

  /// Stops watching; to be called before the descriptor is closed.
  public func remove(_ registration: Registration) {
    guard place(of: registration) != nil else { return }
    epoll.remove(registration.number)
    places[Int(registration.number)].handler = nil
  }

  private func place(of registration: Registration) -> (any EventHandler)? {
    let index = Int(registration.number)
    guard index < places.count, places[index].generation == registration.generation else {
      return nil
    }
    return places[index].handler
  }

  private func dispatch(_ token: UInt64, _ readiness: Readiness) {
    let registration = Registration(
      number: Int32(truncatingIfNeeded: token), generation: UInt32(token >> 32))
    place(of: registration)?.ready(registration, readiness)
  }

  /// Sets the timer to the next deadline. Setting it also clears an expiry, which saves a read.
  private func armTimer() throws(SystemError) {
    let next = deadlines.next
    if next == armed && next != nil { return }
    var setting = itimerspec()
    if let next {
      setting.it_value.tv_sec = Int(next / 1_000_000_000)
      setting.it_value.tv_nsec = Int(next % 1_000_000_000)
    }
    let number = timer.number
    try checkedCall("timerfd_settime") {
      unsafe Int(timerfd_settime(number, Int32(TFD_TIMER_ABSTIME), &setting, nil))
    }
    armed = next
  }
}
