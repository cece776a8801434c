internal import CLinux

/// Something the loop wakes when its moment has come. Subclasses override ``wake(at:)``.
///
/// The entry is its own node in the wheel's lists, so setting and clearing a deadline allocates
/// nothing. Whoever owns it must clear it before letting it go.
@safe open class Wakeable {
  /// When it is due; `Instant.max` while nothing is set.
  public final var due: Instant { dueTime }
  // Not the public one itself: what other modules see is checked for exclusive access each time.
  fileprivate final var dueTime: Instant = .max
  fileprivate final var slot = Deadlines.unset
  fileprivate final var previous: Unmanaged<Wakeable>?
  fileprivate final var next: Unmanaged<Wakeable>?
  /// Hints where the processor may find what is needed with it; never looked behind.
  fileprivate final var companions: (UnsafeRawPointer?, UnsafeRawPointer?)

  /// Makes one with no deadline set.
  public init() {}

  /// Says which objects are used each time that it is woken. They are fetched into the processor's
  /// cache in time, which pays when there are thousands.
  public final func uses(_ first: AnyObject, _ second: AnyObject) {
    unsafe companions = (address(of: first), address(of: second))
  }

  /// Called at or after ``due``, never before, with the deadline already cleared.
  open func wake(at now: Instant) {
    preconditionFailure("a wakeable without a wake")
  }

  deinit { precondition(slot == Deadlines.unset, "let go with its deadline still set") }
}

/// All deadlines of the program: a wheel of 4,096 slots of one millisecond.
///
/// A deadline is rounded up to the next slot, so that thousands of viewers share one wake-up per
/// millisecond. A period that is a multiple of the slot stays exact: the rounding is a constant
/// phase. Deadlines more than a turn away wait in their slot and are passed over until it is their
/// turn. Setting, clearing and expiring cost a few nanoseconds whatever the number of entries.
///
/// Entries of one slot are woken in the order in which they were set. So viewers that share a slot
/// follow one another in the same order frame after frame, and none has to wait now a little and
/// now for all the others.
@safe public final class Deadlines {
  /// One slot's width, and so the grid of all deadlines.
  public static let slotNanoseconds: Int64 = 1_000_000
  static let slotCount = 4096
  fileprivate static let unset = -1

  /// The first and the last entry of each slot's list.
  private let slots: UnsafeMutablePointer<Slot>
  /// One bit a slot: whether its list has an entry.
  private let occupied: UnsafeMutablePointer<UInt64>
  private static let wordCount = slotCount / 64
  /// The last one of the entries that are to be woken of the slot that is being expired just now.
  private var final: Unmanaged<Wakeable>?
  /// The last tick whose entries have been expired.
  private var tick: Int64
  /// How many deadlines are set.
  public var count: Int { entryCount }
  private var entryCount = 0

  // Of thousands of entries none is still in the processor's cache when its turn comes again. While
  // one is busy with its system call, the one after the next is fetched, and what the next one
  // uses.
  private static let fetchedBytes = 512
  private static let fetchedBytesOfCompanions = 128

  @unsafe private struct Slot {
    var first: Unmanaged<Wakeable>?
    var last: Unmanaged<Wakeable>?
  }

  /// Starts the wheel at `now`; nothing before it can expire.
  public init(now: Instant) {
    unsafe slots = .allocate(capacity: Self.slotCount)
    unsafe slots.initialize(repeating: Slot(), count: Self.slotCount)
    unsafe occupied = .allocate(capacity: Self.wordCount)
    unsafe occupied.initialize(repeating: 0, count: Self.wordCount)
    tick = now / Self.slotNanoseconds
  }

  deinit {
    unsafe slots.deallocate()
    unsafe occupied.deallocate()
  }

  /// Sets or moves the deadline of `entry`. One in the past is due at the next slot.
  public func set(_ entry: Wakeable, at due: Instant) {
    if entry.slot != Self.unset { unlink(entry) }
    entry.dueTime = due
    link(entry)
  }

  /// Clears the deadline of `entry`, if one is set.
  public func clear(_ entry: Wakeable) {
    if entry.slot != Self.unset { unlink(entry) }
    entry.dueTime = .max
  }

  /// Wakes everything due at `now`, slot by slot, in the order of time.
  ///
  /// - Parameter isEnough: asked after each slot that had entries; where it says so the rest is
  ///   left to the next call, and ``next`` is in the past.
  public func expire(at now: Instant, until isEnough: () -> Bool = { false }) {
    let target = now / Self.slotNanoseconds
    // After a long sleep every slot is visited once, not once per turn of the wheel.
    if target - tick > Int64(Self.slotCount) { tick = target - Int64(Self.slotCount) }
    while tick < target {
      tick += 1
      let slot = Int(tick) & (Self.slotCount - 1)
      if unsafe occupied[slot >> 6] & (1 << UInt64(slot & 63)) != 0 {
        expire(slot: slot, at: now)
        if isEnough() { return }
      }
    }
  }

  /// When the loop has to wake next, or nil when nothing is set. It may be early (an entry of a
  /// later turn of the wheel), never late.
  public var next: Instant? {
    if entryCount == 0 { return nil }
    let first = Int(tick + 1) & (Self.slotCount - 1)
    var word = first >> 6
    var bits = unsafe occupied[word] & (~0 << UInt64(first & 63))
    for _ in 0...Self.wordCount {
      if bits != 0 {
        let slot = word << 6 + bits.trailingZeroBitCount
        let ahead = (slot - first) & (Self.slotCount - 1)
        return (tick + 1 + Int64(ahead)) * Self.slotNanoseconds
      }
      word = (word + 1) & (Self.wordCount - 1)
      bits = unsafe occupied[word]
    }
    return nil
  }

  private func expire(slot: Int, at now: Instant) {
    // What is set while the list is worked through comes behind its last entry: it can only be for
    // another turn of the wheel. What is cleared is unlinked as at any other time.
    unsafe final = slots[slot].last
    while unsafe final != nil, let first = unsafe slots[slot].first {
      let entry = unsafe first.takeUnretainedValue()
      unlink(entry)
      if let next = unsafe slots[slot].first { unsafe prepare(next) }
      if entry.dueTime <= now {
        entry.dueTime = .max
        entry.wake(at: now)
      } else {
        link(entry)
      }
    }
  }

  private func prepare(_ entry: Unmanaged<Wakeable>) {
    unsafe entry._withUnsafeGuaranteedRef { entry in
      let (first, second) = unsafe entry.companions
      if let first = unsafe first { unsafe clinux_prefetch(first, Self.fetchedBytesOfCompanions) }
      if let second = unsafe second {
        unsafe clinux_prefetch(second, Self.fetchedBytesOfCompanions)
      }
      if let next = unsafe entry.next { unsafe clinux_prefetch(next.toOpaque(), Self.fetchedBytes) }
    }
  }

  private func link(_ entry: Wakeable) {
    // Rounded up, so that nothing is woken early; it may be Int64.max, hence no addition first.
    var target = entry.dueTime / Self.slotNanoseconds
    if entry.dueTime % Self.slotNanoseconds > 0 { target += 1 }
    let slot = Int(max(target, tick + 1)) & (Self.slotCount - 1)
    let node = unsafe Unmanaged.passUnretained(entry)
    entry.slot = slot
    unsafe entry.next = nil
    unsafe entry.previous = slots[slot].last
    if let last = unsafe slots[slot].last {
      unsafe last._withUnsafeGuaranteedRef { unsafe $0.next = node }
    } else {
      unsafe slots[slot].first = node
      unsafe occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    }
    unsafe slots[slot].last = node
    entryCount += 1
  }

  private func unlink(_ entry: Wakeable) {
    let slot = entry.slot
    let (previous, next) = unsafe (entry.previous, entry.next)
    if let final = unsafe final, unsafe UnsafeRawPointer(final.toOpaque()) == address(of: entry) {
      unsafe self.final = previous
    }
    if let previous = unsafe previous {
      unsafe previous._withUnsafeGuaranteedRef { unsafe $0.next = next }
    } else {
      unsafe slots[slot].first = next
      if unsafe next == nil { unsafe occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }
    if let next = unsafe next {
      unsafe next._withUnsafeGuaranteedRef { unsafe $0.previous = previous }
    } else {
      unsafe slots[slot].last = previous
    }
    unsafe entry.previous = nil
    unsafe entry.next = nil
    entry.slot = Self.unset
    entryCount -= 1
  }
}

private func address(of object: AnyObject) -> UnsafeRawPointer {
  unsafe UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
}
