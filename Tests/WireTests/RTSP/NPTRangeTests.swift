import Testing

@testable import Wire

@Suite("NPTRange")
struct NPTRangeTests {
  @Test(
    "reads seconds and clock times, open at either end",
    arguments: [
      ("npt=0-", NPTRange(start: .at(0))),
      ("npt=0.000-", NPTRange(start: .at(0))),
      ("npt=1.5-", NPTRange(start: .at(1_500_000))),
      ("npt=0-10", NPTRange(start: .at(0), end: 10_000_000)),
      ("npt=10-5", NPTRange(start: .at(10_000_000), end: 5_000_000)),
      ("npt=now-", NPTRange(start: .now)),
      ("npt=NOW-7", NPTRange(start: .now, end: 7_000_000)),
      ("npt=-20", NPTRange(start: .now, end: 20_000_000)),
      ("npt=0:01:30.5-", NPTRange(start: .at(90_500_000))),
      ("npt=1:59:59-100:00:00", NPTRange(start: .at(7_199_000_000), end: 360_000_000_000)),
      ("npt=5.-6.", NPTRange(start: .at(5_000_000), end: 6_000_000)),
      ("npt=0.000001-0.0000019", NPTRange(start: .at(1), end: 1)),
      ("npt=0.12345678901234567890123456789012-", NPTRange(start: .at(123_456))),
      (" NPT = 1 - 2 ", NPTRange(start: .at(1_000_000), end: 2_000_000)),
      ("npt=3-;time=19970123T143720Z", NPTRange(start: .at(3_000_000))),
      ("npt=100000000-", NPTRange(start: .at(100_000_000_000_000))),
    ] as [(String, NPTRange)])
  func reads(text: String, range: NPTRange) throws {
    #expect(try NPTRange(text) == range)
  }

  @Test(
    "refuses what breaks the grammar or is out of range",
    arguments: [
      "", "npt", "npt=", "npt=-", "npt=--", "npt=now", "npt=5", "npt=1-2-3", "npt=-now",
      "npt=-1-2", "npt=+1-", "npt=1e9-", "npt=0x1-", "npt=1,5-", "npt=.5-", "npt=1.2.3-",
      "npt=1.-2.x", "npt=1. 5-", "npt=1:30-", "npt=0:60:00-", "npt=0:00:60-", "npt=1:2:3:4-",
      "npt=::-", "npt=0::1-", "npt=a-b", "npt=٣-", "npt=1\0-", "0-10", "=0-", "seconds=0-",
      "npt=100000001-", "npt=0-100000001", "npt=27778:00:00-", "npt=2147483648-",
      "npt=9223372036854775807-", "npt=9223372036854775808-", "npt=18446744073709551616-",
      "npt=0.123456789012345678901234567890123-", ";npt=0-",
    ])
  func refuses(text: String) {
    #expect(throws: NPTRange.Failure.malformed) { try NPTRange(text) }
  }

  @Test(
    "tells other units from nonsense",
    arguments: [
      "smpte=10:12:33:20-", "SMPTE-30-drop=0:00:00-", "smpte-25=10:07:00-10:07:33:05.01",
      "clock=19961108T143720.25Z-",
    ])
  func otherUnits(text: String) {
    #expect(throws: NPTRange.Failure.unit) { try NPTRange(text) }
  }

  @Test("refuses every truncation that lacks the dash")
  func truncations() {
    let text = "npt=12.5-20"
    for length in 0..<9 {
      #expect(throws: NPTRange.Failure.malformed, "cut to \(length)") {
        try NPTRange(String(text.prefix(length)))
      }
    }
  }

  @Test(
    "is written with as many decimals as needed, at least three where there are any, and read back",
    arguments: [
      (NPTRange(start: .at(0)), "npt=0-"), (NPTRange(start: .now), "npt=now-"),
      (NPTRange(start: .now, end: 20_000_000), "npt=now-20"),
      (NPTRange(start: .at(1_500_000), end: 10_010_000), "npt=1.500-10.010"),
      (NPTRange(start: .at(1), end: 33_367), "npt=0.000001-0.033367"),
      (NPTRange(start: .at(123_450), end: 1_000_100), "npt=0.12345-1.0001"),
      (NPTRange(start: .at(100_000_000_000_000)), "npt=100000000-"),
    ] as [(NPTRange, String)])
  func writes(range: NPTRange, text: String) throws {
    #expect(range.description == text)
    #expect(try NPTRange(text) == range)
  }

  @Test("survives any text of its alphabet")
  func survivesGarbage() {
    let seed: UInt64 = 2326
    var random = SplitMix64(seed: seed)
    let alphabet = Array("0123456789:.-=; nptow")
    var (read, refused) = (0, 0)
    for _ in 0..<10_000 {
      let text = "npt=" + String((0..<random.below(24)).map { _ in alphabet[random.below(21)] })
      guard let range = try? NPTRange(text) else {
        refused += 1
        continue
      }
      read += 1
      let again = try? NPTRange(range.description)
      if again != range { Issue.record("seed \(seed): \(text) became \(range.description)") }
    }
    #expect(read > 100 && refused > 1000, "seed \(seed)")
  }
}
