internal import Reactor

/// Pairs of UDP ports, even for RTP and the next one for RTCP, from a configured range (RFC 3550
/// §11). The search goes round the range, so that a port rests for long before it is used again and
/// late packets of its last viewer do not meet the next one.
final class PortAllocator {
  /// Where pairs come from. Those taken from another range before stay taken.
  private(set) var range: ClosedRange<UInt16>
  private var taken: Set<UInt16> = []
  private var cursor = 0
  /// How many pairs are in use.
  var used: Int { taken.count }

  /// - Precondition: the range begins with an even port and has at least two.
  init(_ range: ClosedRange<UInt16>) {
    precondition(range.lowerBound % 2 == 0 && range.count >= 2, "a range of pairs")
    self.range = range
  }

  /// Takes pairs from another range from now on.
  func use(_ range: ClosedRange<UInt16>) {
    precondition(range.lowerBound % 2 == 0 && range.count >= 2, "a range of pairs")
    guard range != self.range else { return }
    self.range = range
    cursor = 0
  }

  /// Gives `open` one free pair's RTP port after the other until it succeeds.
  ///
  /// - Parameter open: opens the pair's sockets; a port that another program uses is passed over.
  /// - Returns: nil when no pair is free.
  /// - Throws: what `open` throws other than a port in use.
  func allocate<Sockets>(
    _ open: (UInt16) throws(SystemError) -> Sockets
  ) throws(SystemError) -> Sockets? {
    let pairs = range.count / 2
    for _ in 0..<pairs {
      let port = range.lowerBound + UInt16(cursor) * 2
      cursor = (cursor + 1) % pairs
      if taken.contains(port) { continue }
      do throws(SystemError) {
        let sockets = try open(port)
        taken.insert(port)
        return sockets
      } catch {
        guard error.isAddressInUse else { throw error }
      }
    }
    return nil
  }

  /// Gives a pair back by its RTP port.
  func release(_ port: UInt16) {
    let wasTaken = taken.remove(port) != nil
    precondition(wasTaken, "a pair that was not taken")
  }
}
