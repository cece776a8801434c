/// Puts packets that overtook one another back in order (RFC 3550 §6.4.1 counts them as received,
/// and so does this). A packet that is missing is waited for until the window is full or its time
/// is up; then it counts as lost and those behind it are let go.
public struct ReorderWindow: Sendable {
  /// What comes out.
  public enum Output: Equatable, Sendable {
    /// The next packet in order.
    case packet([UInt8])
    /// So many packets before the next one are lost.
    case lost(Int)
  }

  private struct Held {
    var packet: [UInt8]
    var at: Nanoseconds
  }

  private let capacity: Int
  private let patience: Nanoseconds
  private var expected: UInt16?
  /// Packets ahead of the expected one.
  private var held: [UInt16: Held] = [:]

  /// - Parameters:
  ///   - capacity: how many packets may be ahead of a missing one.
  ///   - patience: how long a missing one is waited for.
  public init(capacity: Int = 64, patience: Nanoseconds = 30_000_000) {
    self.capacity = capacity
    self.patience = patience
  }

  /// Whether a packet is the next one while none is held: it need not be given to
  /// ``receive(_:sequence:at:)``, which would hand it back.
  public mutating func passes(_ sequence: UInt16) -> Bool {
    guard held.isEmpty, expected ?? sequence == sequence else { return false }
    expected = sequence &+ 1
    return true
  }

  /// Takes a packet with its sequence number; returns what can be let go.
  public mutating func receive(
    _ bytes: Span<UInt8>, sequence: UInt16, at now: Nanoseconds
  ) -> [Output] {
    let packet = bytes.array(0..<bytes.count)
    guard let expected else {
      self.expected = sequence &+ 1
      return [.packet(packet)]
    }
    let ahead = sequence &- expected
    if ahead == 0 {
      self.expected = sequence &+ 1
      return [.packet(packet)] + releaseInOrder()
    }
    if ahead >= 0x8000 {
      // Late, or a duplicate. Far behind means that the sender has begun anew.
      guard expected &- sequence > 0x1000 else { return [] }
      return restart(packet, sequence)
    }
    if ahead > 0x1000 { return restart(packet, sequence) }
    // A duplicate does not renew the wait.
    if held[sequence] == nil { held[sequence] = Held(packet: packet, at: now) }
    return held.count > capacity ? skip() : expire(at: now)
  }

  /// Gives up on packets that have been waited for long enough.
  public mutating func expire(at now: Nanoseconds) -> [Output] {
    var output: [Output] = []
    while let deadline, deadline <= now { output += skip() }
    return output
  }

  /// When ``expire(at:)`` is to be called; nil when nothing is waited for.
  public var deadline: Nanoseconds? { held.values.map(\.at).min().map { $0 + patience } }

  private mutating func restart(_ packet: [UInt8], _ sequence: UInt16) -> [Output] {
    held = [:]
    expected = sequence &+ 1
    return [.lost(1), .packet(packet)]
  }

  private mutating func releaseInOrder() -> [Output] {
    var output: [Output] = []
    while let next = expected, let entry = held.removeValue(forKey: next) {
      output.append(.packet(entry.packet))
      expected = next &+ 1
    }
    return output
  }

  private mutating func skip() -> [Output] {
    guard let expected, let nearest = held.keys.min(by: { $0 &- expected < $1 &- expected }) else {
      return []
    }
    self.expected = nearest
    return [.lost(Int(nearest &- expected))] + releaseInOrder()
  }
}
