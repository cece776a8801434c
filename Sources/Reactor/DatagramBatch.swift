internal import CLinux
internal import Glibc

/// Room for what one read of a UDP socket brings: one datagram, or several of one sender that the
/// kernel has joined (UDP_GRO), with their time of arrival. One is shared by all sockets of a loop.
///
/// Joined datagrams all have the first one's length but the last, which may be shorter.
@safe public final class DatagramBatch {
  fileprivate let base: UnsafeMutableRawPointer
  /// The longest datagram, and the most that the kernel joins.
  fileprivate static let capacity = 65_535
  /// How many bytes the last read brought, in all datagrams.
  public fileprivate(set) var count = 0
  /// How long each of them is, but perhaps the last.
  public fileprivate(set) var stride = 0
  /// When they came, in nanoseconds since 1970; 0 where the kernel does not say.
  public fileprivate(set) var arrival: Int64 = 0

  /// An empty one.
  public init() {
    unsafe base = .allocate(byteCount: Self.capacity, alignment: 16)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity)
  }

  deinit { unsafe base.deallocate() }

  /// Lends what the last read brought. The datagrams begin at multiples of ``stride``.
  public func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
    let bytes = unsafe UnsafeBufferPointer(
      start: base.assumingMemoryBound(to: UInt8.self), count: count)
    return unsafe body(bytes.span)
  }

  /// Lends each datagram of the last read.
  public func forEach(_ body: (Span<UInt8>) -> Void) {
    withBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = min(start + stride, bytes.count)
        body(bytes.extracting(start..<end))
        start = end
      }
    }
  }
}

extension DatagramSocket {
  /// From now on datagrams that come in a row may be read as one; only
  /// ``receive(into:)-(DatagramBatch)`` can tell them apart. A kernel without it joins nothing.
  ///
  /// - Parameter withArrival: the kernel is to say when they came, too.
  public func joinDatagrams(withArrival: Bool = false) {
    try? Socket.set(descriptor, Int32(CLINUX_SOL_UDP), Int32(CLINUX_UDP_GRO), 1)
    guard withArrival else { return }
    try? Socket.set(descriptor, SOL_SOCKET, Int32(CLINUX_SO_TIMESTAMPNS), 1)
  }

  /// Reads once; false when nothing is there. An error that an earlier send provoked is cleared.
  public func receive(into batch: DatagramBatch) -> Bool {
    let number = descriptor.number
    var (segment, arrival): (Int32, Int64) = (0, 0)
    let call = systemCall {
      unsafe clinux_receive_joined(
        number, batch.base, DatagramBatch.capacity, &segment, &arrival)
    }
    guard case .value(let count) = call else { return false }
    batch.count = count
    batch.stride = segment > 0 ? Int(segment) : max(1, count)
    batch.arrival = arrival
    return true
  }
}
