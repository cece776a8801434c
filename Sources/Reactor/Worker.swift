internal import CLinux
internal import Glibc
internal import Synchronization

/// Another thread: for what takes too long to be done between two frames, such as decoding,
/// or reading from a cold disk. It shares nothing with the loop. A job is a function of values that
/// may be sent; its result comes back as an event of the loop.
///
/// The thread begins with the first job.
public final class Worker: EventHandler {
  private let loop: EventLoop
  private let mailbox: Mailbox
  private var registration: Registration?
  private var isRunning = false
  /// Told of each job's end, in the order in which they were given.
  private var waiting: [(any Sendable) -> Void] = []

  /// Makes one that has nothing to do.
  public init(on loop: EventLoop) throws(SystemError) {
    self.loop = loop
    mailbox = try Mailbox()
    registration = try loop.add(mailbox.done, .readable, self)
  }

  /// Ends the thread after the job at hand. Nobody is told of what was still to be done.
  public func close() {
    mailbox.close()
    if let registration { loop.remove(registration) }
    registration = nil
    waiting = []
  }

  /// How many jobs are not done yet.
  public var pending: Int { waiting.count }

  /// Does `job` on the thread, after those that were given before it, and then tells `done` in a
  /// turn of the loop.
  ///
  /// - Parameter job: must not touch anything that the loop's thread uses; the compiler sees to it.
  /// - Throws: when no thread can be had.
  public func perform<Result: Sendable>(
    _ job: @escaping @Sendable () -> Result, then done: @escaping (Result) -> Void
  ) throws(SystemError) {
    if !isRunning {
      try Self.startThread(mailbox)
      isRunning = true
    }
    waiting.append { result in
      guard let result = result as? Result else {
        preconditionFailure("results come in the order of their jobs")
      }
      done(result)
    }
    mailbox.give(job)
  }

  /// Results are there.
  public func ready(_ registration: Registration, _ readiness: Readiness) {
    for result in mailbox.takeResults() where !waiting.isEmpty { waiting.removeFirst()(result) }
  }

  private static func startThread(_ mailbox: Mailbox) throws(SystemError) {
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(mailbox)
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        // Signals are the loop's.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
        unsafe Unmanaged<Mailbox>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, argument.toOpaque())
    guard code == 0 else {
      unsafe argument.release()
      throw SystemError("pthread_create", code)
    }
    pthread_detach(thread)
  }
}

/// What the two threads hand each other.
private final class Mailbox: Sendable {
  /// Readable when there are results.
  let done: Descriptor
  /// Readable when there are jobs, or when it is over.
  private let wanted: Descriptor
  private let state = Mutex(State())

  private struct State {
    var jobs: [@Sendable () -> any Sendable] = []
    var results: [any Sendable] = []
    var isClosed = false
  }

  init() throws(SystemError) {
    done = try Self.event(Int32(EFD_NONBLOCK))
    wanted = try Self.event(0)
  }

  private static func event(_ flags: Int32) throws(SystemError) -> Descriptor {
    let flags = flags | Int32(EFD_CLOEXEC)
    return Descriptor(Int32(try checkedCall("eventfd") { Int(eventfd(0, flags)) }))
  }

  // MARK: The loop's side

  func give(_ job: @escaping @Sendable () -> any Sendable) {
    state.withLock { $0.jobs.append(job) }
    Self.raise(wanted)
  }

  func takeResults() -> [any Sendable] {
    Self.lower(done)
    return state.withLock { state in
      defer { state.results = [] }
      return state.results
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    Self.raise(wanted)
  }

  // MARK: The thread's side

  func work() {
    while !state.withLock({ $0.isClosed }) {
      guard let result = doNext() else {
        Self.lower(wanted)
        continue
      }
      state.withLock { $0.results.append(result) }
      Self.raise(done)
    }
  }

  /// What the next job has come to; nil when there is none. The job, and what it has held, are gone
  /// before anybody is told.
  private func doNext() -> (any Sendable)? {
    let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    return job?()
  }

  // MARK: Events

  private static func raise(_ event: borrowing Descriptor) {
    let number = event.number
    var one: UInt64 = 1
    _ = systemCall { unsafe write(number, &one, 8) }
  }

  /// Waits until the event has been raised, unless it does not block.
  private static func lower(_ event: borrowing Descriptor) {
    let number = event.number
    var count: UInt64 = 0
    _ = systemCall { unsafe read(number, &count, 8) }
  }
}
