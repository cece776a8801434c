import Testing

@testable import Wire

@Suite("NTPTimestamp")
struct NTPTimestampTests {
  @Test(
    "counts seconds from 1900 and fractions in 2^-32 s",
    arguments: [
      // 1970-01-01 is second 2,208,988,800.
      (0, 0x83AA_7E80_0000_0000),
      (500_000_000, 0x83AA_7E80_8000_0000),
      (1_250_000_000, 0x83AA_7E81_4000_0000),
      // 2000-01-01 is second 3,155,673,600.
      (946_684_800_000_000_000, 0xBC17_C200_0000_0000),
      // One nanosecond is 4.29 units.
      (1, 0x83AA_7E80_0000_0004),
      (999_999_999, 0x83AA_7E80_FFFF_FFFB),
    ] as [(Int64, UInt64)])
  func fromRealtime(nanoseconds: Int64, bits: UInt64) {
    #expect(NTPTimestamp(realtime: nanoseconds).bits == bits)
  }

  @Test("takes times before 1970 as 1970", arguments: [-1, .min] as [Int64])
  func before1970(nanoseconds: Int64) {
    #expect(NTPTimestamp(realtime: nanoseconds).bits == 0x83AA_7E80_0000_0000)
  }

  @Test("begins its second era in 2036 at second 0")
  func secondEra() {
    // 2^32 - 2,208,988,800 seconds after 1970.
    #expect(NTPTimestamp(realtime: 2_085_978_496_000_000_000).bits == 0)
  }

  @Test(
    "gives back the time it was made of, to the nanosecond below",
    arguments: [
      0, 1, 500_000_000, 999_999_999, 1_250_000_000, 946_684_800_123_456_789,
      1_795_339_484_987_654_321,
    ] as [Int64])
  func roundTrip(nanoseconds: Int64) {
    let difference = nanoseconds - NTPTimestamp(realtime: nanoseconds).realtime
    #expect((0...1).contains(difference))
  }

  @Test("reads halves of a second exactly")
  func readsFraction() {
    #expect(NTPTimestamp(bits: 0x83AA_7E80_8000_0000).realtime == 500_000_000)
    #expect(NTPTimestamp(bits: 0x83AA_7E81_4000_0000).realtime == 1_250_000_000)
  }

  @Test("survives every extreme", arguments: [0, 1, .max, .max << 32, 1 << 63] as [UInt64])
  func extremes(bits: UInt64) {
    let second = 1_000_000_000 as Int64
    let realtime = NTPTimestamp(bits: bits).realtime
    #expect(realtime >= -2_208_988_800 * second)
    #expect(realtime < 2_085_978_496 * second)
    #expect(NTPTimestamp(bits: NTPTimestamp(realtime: .max).bits).realtime != .max)
  }

  @Test("has the 32 bits in its middle, as reports echo them")
  func middle() {
    #expect(NTPTimestamp(bits: 0x0123_4567_89AB_CDEF).middle == 0x4567_89AB)
  }
}
