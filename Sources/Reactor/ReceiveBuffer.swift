/// Room for one read. One is shared by all connections of a loop: what was read is consumed before
/// the next read, so that ten thousand idle connections hold no buffer at all. Its capacity is also
/// the byte budget of a connection per turn.
@safe public final class ReceiveBuffer {
  let base: UnsafeMutableRawPointer
  let capacity: Int
  /// How much the last read brought.
  public internal(set) var count = 0
  /// Room for datagrams that the kernel joins, for those who share this; made when they need it.
  public private(set) lazy var datagrams = DatagramBatch()

  /// Makes room for `capacity` bytes.
  public init(capacity: Int) {
    self.capacity = capacity
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
  }

  deinit { unsafe base.deallocate() }

  /// A copy of what the last read brought.
  public func copy() -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Lends what the last read brought.
  public func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
    let bytes = unsafe UnsafeBufferPointer(
      start: base.assumingMemoryBound(to: UInt8.self), count: count)
    return unsafe body(bytes.span)
  }
}
