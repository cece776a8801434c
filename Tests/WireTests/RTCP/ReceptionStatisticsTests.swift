import Testing

@testable import Wire

@Suite("ReceptionStatistics")
struct ReceptionStatisticsTests {
  private static let millisecond: Nanoseconds = 1_000_000

  private func header(_ sequence: UInt16, _ timestamp: UInt32 = 0) -> RTPHeader {
    RTPHeader(marker: true, sequence: sequence, timestamp: timestamp, ssrc: 0xABCD)
  }

  /// The statistics after these packets, all of one moment.
  private func statistics(_ sequences: [UInt16]) -> ReceptionStatistics {
    var statistics = ReceptionStatistics(header(sequences[0]))
    for sequence in sequences { statistics.receive(header(sequence), at: 0) }
    return statistics
  }

  @Test("reports a stream without loss")
  func lossless() {
    var statistics = statistics([1000, 1001, 1002, 1003])
    #expect(statistics.received == 4)
    #expect(statistics.expected == 4)
    #expect(statistics.lost == 0)
    #expect(
      statistics.report(at: 0)
        == ReportBlock(
          ssrc: 0xABCD, fractionLost: 0, cumulativeLost: 0, highestSequence: 1003, jitter: 0,
          lastSenderReport: 0, delaySinceLastSenderReport: 0))
  }

  @Test(
    "computes loss as RFC 3550 appendix A.3 does",
    arguments: [
      // Ten expected, one missing: 256 / 10.
      ([0, 1, 2, 3, 5, 6, 7, 8, 9], 25, 1), ([7], 0, 0), ([0, 1], 0, 0),
      // Half of them.
      ([0, 2, 4, 7], 128, 4),
      // Nearly all of them: 256 × 998 / 1000.
      ([0, 999], 255, 998),
      // Duplicates make up for losses.
      ([0, 2, 2], 0, 0), ([0, 1, 1], 0, -1), ([5, 5, 5, 5], 0, -3),
      // One before the first.
      ([10, 9], 0, -1),
      // Out of order is not lost.
      ([0, 3, 1, 2], 0, 0),
    ] as [([UInt16], UInt8, Int32)])
  func loss(sequences: [UInt16], fraction: UInt8, cumulative: Int32) {
    var statistics = statistics(sequences)
    #expect(statistics.lost == max(0, Int(cumulative)))
    let report = statistics.report(at: 0)
    #expect(report.fractionLost == fraction)
    #expect(report.cumulativeLost == cumulative)
  }

  @Test("counts the fraction anew from report to report, and the sum on")
  func intervals() {
    var statistics = statistics([0, 1, 3])
    #expect(statistics.report(at: 0).fractionLost == 64)
    for sequence: UInt16 in 4...7 { statistics.receive(header(sequence), at: 0) }
    var report = statistics.report(at: 0)
    #expect((report.fractionLost, report.cumulativeLost) == (0, 1))
    // Nothing has come since.
    report = statistics.report(at: 0)
    #expect((report.fractionLost, report.cumulativeLost) == (0, 1))
    statistics.receive(header(9), at: 0)
    report = statistics.report(at: 0)
    #expect((report.fractionLost, report.cumulativeLost) == (128, 2))
    // The late one comes: more came than was expected in the interval.
    statistics.receive(header(8), at: 0)
    report = statistics.report(at: 0)
    #expect((report.fractionLost, report.cumulativeLost) == (0, 1))
    #expect(report.highestSequence == 9)
  }

  @Test("counts the wraps of the numbers above them")
  func wraps() {
    var statistics = statistics([65_534, 65_535, 0, 1])
    #expect(statistics.expected == 4)
    #expect(statistics.report(at: 0).highestSequence == 0x1_0001)
    // One of the time before the wrap is late, not a wrap.
    statistics.receive(header(65_533), at: 0)
    #expect(statistics.report(at: 0).highestSequence == 0x1_0001)
    for step: UInt32 in 2...200_000 {
      statistics.receive(header(UInt16(truncatingIfNeeded: step)), at: 0)
    }
    #expect(statistics.expected == 2 + 200_001)
    #expect(statistics.received == 2 + 200_001 + 1)
    // 200,000 and one wrap before it.
    #expect(statistics.report(at: 0).highestSequence == 0x1_0000 + 200_000)
  }

  @Test("finds no jitter in a constant stream", arguments: [0, UInt32.max - 5000])
  func constant(start: UInt32) {
    var statistics = ReceptionStatistics(header(0, start))
    for index in 0..<1000 {
      let now = 123_456 * Self.millisecond + Nanoseconds(index) * 40 * Self.millisecond
      statistics.receive(header(UInt16(index), start &+ UInt32(index) * 3600), at: now)
    }
    #expect(statistics.jitter == 0)
    #expect(statistics.report(at: 0).jitter == 0)
  }

  @Test("estimates jitter as RFC 3550 appendix A.8 does")
  func jitter() {
    var statistics = ReceptionStatistics(header(0))
    // Packets of 40 ms; the second one comes 16 ms (1440 ticks) late, the third one in time.
    statistics.receive(header(0, 0), at: 0)
    #expect(statistics.report(at: 0).jitter == 0)
    statistics.receive(header(1, 3600), at: 56 * Self.millisecond)
    // 1440 / 16.
    #expect(statistics.report(at: 0).jitter == 90)
    #expect(statistics.jitter == Self.millisecond)
    statistics.receive(header(2, 7200), at: 80 * Self.millisecond)
    // 1440 − (1440 + 8) / 16 + 1440 = 2790, and 2790 / 16 = 174.
    #expect(statistics.report(at: 0).jitter == 174)
    #expect(statistics.jitter == 1_933_333)
    statistics.receive(header(3, 10_800), at: 120 * Self.millisecond)
    // 2790 − (2790 + 8) / 16 = 2616, and 2616 / 16 = 163.
    #expect(statistics.report(at: 0).jitter == 163)
  }

  @Test("takes a jump of the timestamp for much jitter and does not trap")
  func jump() {
    var statistics = ReceptionStatistics(header(0))
    statistics.receive(header(0, 0), at: 0)
    statistics.receive(header(1, 0x8000_0000), at: 0)
    #expect(statistics.report(at: 0).jitter == 0x800_0000)
    for index: UInt16 in 2...1000 {
      statistics.receive(header(index, index % 2 == 0 ? 0 : 0x8000_0000), at: 0)
    }
    #expect(statistics.jitter > 0)
  }

  @Test("echoes the last sender report and the time since")
  func senderReport() {
    var statistics = statistics([0])
    let report = SenderReport(
      ssrc: 0xABCD, time: NTPTimestamp(bits: 0xB44D_B705_2000_0000), timestamp: 0, packets: 1,
      octets: 1)
    statistics.noteReport(report, at: 1_000 * Self.millisecond)
    // RFC 3550, figure 2: LSR b705:2000, DLSR 5.25 s = 0x0005:4000.
    let block = statistics.report(at: 6_250 * Self.millisecond)
    #expect(block.lastSenderReport == 0xB705_2000)
    #expect(block.delaySinceLastSenderReport == 0x0005_4000)
    #expect(statistics.report(at: 1_000 * Self.millisecond).delaySinceLastSenderReport == 0)
  }

  @Test("tells of a sender report that is days old, as well as the field can")
  func oldSenderReport() {
    var statistics = statistics([0])
    let report = SenderReport(
      ssrc: 0xABCD, time: NTPTimestamp(bits: 0), timestamp: 0, packets: 1, octets: 1)
    statistics.noteReport(report, at: 0)
    let second: Nanoseconds = 1_000_000_000
    #expect(statistics.report(at: 65_535 * second).delaySinceLastSenderReport == 0xFFFF_0000)
    for now in [65_536 * second, 140_738 * second, 10_000_000 * second, .max] {
      #expect(statistics.report(at: now).delaySinceLastSenderReport == .max)
    }
  }

  @Test("survives any packets")
  func survivesGarbage() {
    var random = SplitMix64(seed: 3550)
    var statistics = ReceptionStatistics(header(UInt16(random.below(65_536))))
    for _ in 0..<100_000 {
      let header = header(UInt16(random.below(65_536)), UInt32(truncatingIfNeeded: random.next()))
      statistics.receive(header, at: Nanoseconds(random.below(1 << 62)))
      if random.below(100) == 0 { _ = statistics.report(at: Nanoseconds(random.below(1 << 62))) }
    }
    #expect(statistics.received == 100_000)
    #expect(statistics.lost >= 0 && statistics.jitter >= 0)
  }
}
