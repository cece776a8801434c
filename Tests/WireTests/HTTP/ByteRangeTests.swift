import Testing

@testable import Wire

@Suite("ByteRange")
struct ByteRangeTests {
  @Test(
    "finds the part that is asked for, of 10,000 bytes as in RFC 9110 §14.1.2",
    arguments: [
      ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1000), ("bytes=-500", 9500..<10_000),
      ("bytes=9500-", 9500..<10_000), ("bytes=0-0", 0..<1), ("bytes=-1", 9999..<10_000),
      ("bytes=0-", 0..<10_000), ("bytes=9999-9999", 9999..<10_000), ("BYTES=1-2", 1..<3),
      ("bytes= 1 - 2 ", 1..<3), ("bytes=0-9998", 0..<9999), ("bytes=0-9999", 0..<10_000),
      ("bytes=0-10000", 0..<10_000), ("bytes=5-9223372036854775807", 5..<10_000),
      ("bytes=-9999", 1..<10_000), ("bytes=-10000", 0..<10_000), ("bytes=-10001", 0..<10_000),
      ("bytes=-9223372036854775807", 0..<10_000),
    ])
  func part(header: String, part: Range<Int>) {
    #expect(ByteRange.resolve(header, size: 10_000) == .part(part))
  }

  @Test(
    "says when nothing of it is there",
    arguments: ["bytes=10000-", "bytes=10000-10001", "bytes=9223372036854775807-", "bytes=-0"])
  func unsatisfiable(header: String) {
    #expect(ByteRange.resolve(header, size: 10_000) == .unsatisfiable)
  }

  @Test("has no part of nothing", arguments: ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"])
  func empty(header: String) {
    #expect(ByteRange.resolve(header, size: 0) == .unsatisfiable)
    #expect(ByteRange.resolve(nil, size: 0) == .whole)
  }

  @Test(
    "sends everything where the header is none, malformed, of another unit, or of several ranges",
    arguments: [
      nil, "", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=1", "bytes=2-1", "bytes=a-b",
      "bytes=0-x", "bytes=-x", "bytes=+1-2", "bytes=0x1-2", "bytes=1-2-3", "bytes=0-1,3-4",
      "bytes=0-,5", "seconds=0-1", " bytes=0-1", "bytes =0-1", "bytes=1.0-2", "bytes=٠-١",
      "bytes=18446744073709551616-", "bytes=0-18446744073709551616", "bytes=-18446744073709551616",
    ])
  func whole(header: String?) {
    #expect(ByteRange.resolve(header, size: 10_000) == .whole)
  }

  @Test("finds only parts that are there, whatever is asked")
  func staysInside() {
    var random = SplitMix64(seed: 9110)
    let signs = ["bytes=", "-", "-", "0", "5", "9", "12", ",", " ", "9223372036854775807", "x"]
    for _ in 0..<20_000 {
      let tail = (0..<random.below(5)).map { _ in signs[random.below(signs.count)] }
      let size = random.below(20)
      if case .part(let part) = ByteRange.resolve("bytes=" + tail.joined(), size: size) {
        #expect(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= size)
      }
    }
  }
}
