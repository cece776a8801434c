internal import Reactor

/// Pairs of UDP ports, even for RTP and the next one for RTCP, from a configured range (RFC 3550
/// §11). The search goes round the range, so that a port rests for long before it is used again and
/// late packets of its last viewer do not meet the next one.
final class PortAllocator {
  private let first: UInt16
  private var isTaken: [Bool]
  private var cursor = 0
  /// How many pairs are in use.
  private(set) var used = 0

  /// - Precondition: the range begins with an even port and has at least two.
  init(_ range: ClosedRange<UInt16>) {
    precondition(range.lowerBound % 2 == 0 && range.count >= 2, "a range of pairs")
    first = range.lowerBound
    isTaken = Array(repeating: false, count: range.count / 2)
  }

  /// Gives `open` one free pair's RTP port after the other until it succeeds.
  ///
  /// - Parameter open: opens the pair's sockets; a port that another program uses is passed over.
  /// - Returns: nil when no pair is free.
  /// - Throws: what `open` throws other than a port in use.
  func allocate<Sockets>(
    _ open: (UInt16) throws(SystemError) -> Sockets
  ) throws(SystemError) -> Sockets? {
    guard used < isTaken.count else { return nil }
    for _ in isTaken.indices {
      let pair = cursor
      cursor = (cursor + 1) % isTaken.count
      if isTaken[pair] { continue }
      do throws(SystemError) {
        let sockets = try open(first + UInt16(pair) * 2)
        isTaken[pair] = true
        used += 1
        return sockets
      } catch {
        guard error.isAddressInUse else { throw error }
      }
    }
    return nil
  }

  /// Gives a pair back by its RTP port.
  func release(_ port: UInt16) {
    let pair = Int(port - first) / 2
    precondition(isTaken[pair], "a pair that was not taken")
    isTaken[pair] = false
    used -= 1
  }
}
