import Testing

@testable import streamctl

@Suite("JitterHistogram")
struct JitterHistogramTests {
  @Test("percentiles are those of the sorted values, to one part in 128")
  func percentiles() {
    var histogram = JitterHistogram()
    var values: [Int64] = []
    var seed: UInt64 = 1
    for _ in 0..<10_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // From a microsecond to about a second, in all octaves alike.
      let value = Int64(1000 << (seed >> 60 + 5)) + Int64(seed >> 40)
      values.append(value / 1000)
      histogram.add(nanoseconds: seed & 1 == 0 ? value : -value)
    }
    values.sort()
    for part in [0.001, 0.25, 0.5, 0.9, 0.99, 1] {
      let exact = Double(values[Int((part * 10_000).rounded(.up)) - 1])
      let told = Double(histogram.percentile(part))
      #expect(abs(told - exact) <= exact / 128 + 1, "\(part): \(told), not \(exact)")
    }
    #expect(histogram.maximum == values.last.map(Int.init))
  }

  @Test("the smallest and the largest have a place; without any there is nothing")
  func ends() {
    var histogram = JitterHistogram()
    #expect(histogram.percentile(0.5) == 0)
    histogram.add(nanoseconds: 0)
    #expect(histogram.percentile(1) == 0)
    for value in [Int64.min, .max, 255_000, 256_000, 257_999] { histogram.add(nanoseconds: value) }
    #expect(histogram.percentile(0.3) == 255)
    #expect(histogram.maximum == Int.max / 1000)
  }
}
