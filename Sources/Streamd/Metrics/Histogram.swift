/// How often values fell below each of some bounds, as Prometheus' histograms have it.
struct Histogram {
  /// Ascending; what is above the last one is counted in ``count`` alone.
  let bounds: [Double]
  /// How many values were at most the bound of the same index.
  private(set) var counts: [Int]
  private(set) var count = 0
  private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = bounds.map { _ in 0 }
  }

  mutating func observe(_ value: Double) {
    for index in bounds.indices where value <= bounds[index] { counts[index] += 1 }
    count += 1
    sum += value
  }
}
