/// Something the loop wakes when its moment has come. Subclasses override ``wake(at:)``.
///
/// The entry is its own node in the wheel's lists, so setting and clearing a deadline allocates
/// nothing. Whoever owns it must clear it before letting it go.
@safe open class Wakeable {
  /// When it is due; `Instant.max` while nothing is set.
  public fileprivate(set) final var due: Instant = .max
  fileprivate final var slot = Deadlines.unset
  fileprivate final unowned(unsafe) var previous: Wakeable?
  fileprivate final unowned(unsafe) var next: Wakeable?

  /// Makes one with no deadline set.
  public init() {}

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
@safe public final class Deadlines {
  /// One slot's width, and so the grid of all deadlines.
  public static let slotNanoseconds: Int64 = 1_000_000
  static let slotCount = 4096
  fileprivate static let unset = -1
  /// The list of the entries that are being expired just now.
  private static let expiring = slotCount

  private let heads: UnsafeMutablePointer<Unmanaged<Wakeable>?>
  /// One bit a slot: whether its list has an entry.
  private let occupied: UnsafeMutablePointer<UInt64>
  private static let wordCount = slotCount / 64
  /// The last tick whose entries have been expired.
  private var tick: Int64
  /// How many deadlines are set.
  public private(set) var count = 0

  /// Starts the wheel at `now`; nothing before it can expire.
  public init(now: Instant) {
    unsafe heads = .allocate(capacity: Self.slotCount + 1)
    unsafe heads.initialize(repeating: nil, count: Self.slotCount + 1)
    unsafe occupied = .allocate(capacity: Self.wordCount)
    unsafe occupied.initialize(repeating: 0, count: Self.wordCount)
    tick = now / Self.slotNanoseconds
  }

  deinit {
    unsafe heads.deallocate()
    unsafe occupied.deallocate()
  }

  /// Sets or moves the deadline of `entry`. One in the past is due at the next slot.
  public func set(_ entry: Wakeable, at due: Instant) {
    if entry.slot != Self.unset { unlink(entry) }
    entry.due = due
    link(entry)
  }

  /// Clears the deadline of `entry`, if one is set.
  public func clear(_ entry: Wakeable) {
    if entry.slot != Self.unset { unlink(entry) }
    entry.due = .max
  }

  /// Wakes everything due at `now`, slot by slot, in the order of time.
  public func expire(at now: Instant) {
    let target = now / Self.slotNanoseconds
    // After a long sleep every slot is visited once, not once per turn of the wheel.
    if target - tick > Int64(Self.slotCount) { tick = target - Int64(Self.slotCount) }
    while tick < target {
      tick += 1
      let slot = Int(tick) & (Self.slotCount - 1)
      if unsafe occupied[slot >> 6] & (1 << UInt64(slot & 63)) != 0 { expire(slot: slot, at: now) }
    }
  }

  /// When the loop has to wake next, or nil when nothing is set. It may be early (an entry of a
  /// later turn of the wheel), never late.
  public var next: Instant? {
    if count == 0 { return nil }
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
    // The list is moved aside first: entries that are set while it is worked through land in the
    // wheel, and entries that are cleared meanwhile are unlinked from it like from any other.
    unsafe heads[Self.expiring] = heads[slot]
    unsafe heads[slot] = nil
    unsafe occupied[slot >> 6] &= ~(1 << UInt64(slot & 63))
    var entry = unsafe heads[Self.expiring]?.takeUnretainedValue()
    while let current = entry {
      current.slot = Self.expiring
      entry = unsafe current.next
    }
    while let head = unsafe heads[Self.expiring] {
      let entry = unsafe head.takeUnretainedValue()
      unlink(entry)
      if entry.due <= now {
        entry.due = .max
        entry.wake(at: now)
      } else {
        link(entry)
      }
    }
  }

  private func link(_ entry: Wakeable) {
    // Rounded up, so that nothing is woken early; `due` may be Int64.max, hence no addition first.
    var target = entry.due / Self.slotNanoseconds
    if entry.due % Self.slotNanoseconds > 0 { target += 1 }
    let slot = Int(max(target, tick + 1)) & (Self.slotCount - 1)
    let head = unsafe heads[slot]?.takeUnretainedValue()
    entry.slot = slot
    unsafe entry.previous = nil
    unsafe entry.next = head
    if let head { unsafe head.previous = entry }
    unsafe heads[slot] = Unmanaged.passUnretained(entry)
    unsafe occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    count += 1
  }

  private func unlink(_ entry: Wakeable) {
    let slot = entry.slot
    let next = unsafe entry.next
    if let previous = unsafe entry.previous {
      unsafe previous.next = next
    } else {
      unsafe heads[slot] = next.map { unsafe Unmanaged.passUnretained($0) }
      if next == nil && slot != Self.expiring {
        unsafe occupied[slot >> 6] &= ~(1 << UInt64(slot & 63))
      }
    }
    if let next { unsafe next.previous = entry.previous }
    unsafe entry.previous = nil
    unsafe entry.next = nil
    entry.slot = Self.unset
    count -= 1
  }
}
