/// Wall-clock time as RTCP carries it: 32 bits of seconds since 1900 and 32 bits of fraction
/// (RFC 3550 §4).
public struct NTPTimestamp: Equatable, Sendable {
  /// Seconds in the upper, fraction in the lower half.
  public let bits: UInt64

  private static let secondsFrom1900To1970: UInt64 = 2_208_988_800

  /// As it stands in a packet.
  public init(bits: UInt64) { self.bits = bits }

  /// From nanoseconds since 1970; times before count as 1970.
  public init(realtime: Int64) {
    let nanoseconds = UInt64(max(0, realtime))
    let seconds = nanoseconds / 1_000_000_000 + Self.secondsFrom1900To1970
    let fraction = ((nanoseconds % 1_000_000_000) << 32) / 1_000_000_000
    bits = seconds << 32 | fraction
  }

  /// Nanoseconds since 1970.
  public var realtime: Int64 {
    let seconds = Int64(bits >> 32) - Int64(Self.secondsFrom1900To1970)
    let fraction = ((bits & 0xFFFF_FFFF) * 1_000_000_000) >> 32
    return seconds * 1_000_000_000 + Int64(fraction)
  }

  /// The middle 32 bits, which reports echo (RFC 3550 §6.4.1, LSR).
  public var middle: UInt32 { UInt32(truncatingIfNeeded: bits >> 16) }
}
