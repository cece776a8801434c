import Reactor
import Testing

@testable import Streamd

@Suite("Port allocator")
struct PortAllocatorTests {
  /// Opens nothing, for tests about numbers alone.
  private func next(_ allocator: PortAllocator) throws -> UInt16? {
    try allocator.allocate { (port) throws(SystemError) in port }
  }

  @Test(
    "gives even ports from the first on, as many as whole pairs fit",
    arguments: [
      (25_000...25_007, [25_000, 25_002, 25_004, 25_006]),
      (25_000...25_006, [25_000, 25_002, 25_004]),
      (25_000...25_001, [25_000]), (65_532...65_535, [65_532, 65_534]),
    ] as [(ClosedRange<UInt16>, [UInt16])])
  func numbers(_ range: ClosedRange<UInt16>, _ expected: [UInt16]) throws {
    let allocator = PortAllocator(range)
    #expect(try expected.map { _ in try next(allocator) } == expected)
    #expect(allocator.used == expected.count)
    #expect(try next(allocator) == nil, "all pairs are in use")
    #expect(allocator.used == expected.count)
  }

  @Test("goes round the range, so that a port that was given back rests")
  func rotation() throws {
    let allocator = PortAllocator(30_000...30_007)
    var ports: [UInt16] = []
    for _ in 0..<6 {
      let port = try #require(try next(allocator))
      ports.append(port)
      allocator.release(port)
    }
    #expect(ports == [30_000, 30_002, 30_004, 30_006, 30_000, 30_002])
    #expect(allocator.used == 0)
  }

  @Test("passes over pairs that are taken")
  func taken() throws {
    let allocator = PortAllocator(30_000...30_007)
    for _ in 0..<4 { _ = try next(allocator) }
    allocator.release(30_004)
    #expect(try next(allocator) == 30_004)
    #expect(try next(allocator) == nil)
    allocator.release(30_002)
    allocator.release(30_000)
    #expect(try next(allocator) == 30_000)
    #expect(try next(allocator) == 30_002)
    #expect(allocator.used == 4)
  }

  @Test("passes over ports that another socket uses, and comes back to them when they are free")
  func foreign() throws {
    // The kernel names a port that is free; an even one begins the range.
    let base = try Self.freeRun(pairs: 3)
    let allocator = PortAllocator(base...base + 5)
    var foreign: DatagramSocket? = try Self.socket(base + 2)
    let first = try #require(try allocator.allocate(Self.socket))
    let second = try #require(try allocator.allocate(Self.socket))
    #expect([first, second].map(\.local.port) == [base, base + 4])
    #expect(try allocator.allocate(Self.socket) == nil, "the third is another's")
    #expect(allocator.used == 2)
    withExtendedLifetime(foreign) {}
    foreign = nil
    #expect(try allocator.allocate(Self.socket)?.local.port == base + 2)
    #expect(allocator.used == 3)
  }

  @Test("an error other than a port in use is passed on, and nothing is taken")
  func otherErrors() throws {
    let allocator = PortAllocator(30_000...30_003)
    let error = #expect(throws: SystemError.self) {
      // An address for documentation: no machine has it.
      try allocator.allocate { (port) throws(SystemError) in
        try Self.socket(host: "192.0.2.1", port)
      }
    }
    #expect(error?.isAddressNotAvailable == true)
    #expect(allocator.used == 0)
    #expect(try [next(allocator), next(allocator)].count { $0 != nil } == 2)
  }

  private static func socket(_ port: UInt16) throws(SystemError) -> DatagramSocket {
    try socket(host: "127.0.0.1", port)
  }

  private static func socket(
    host: String, _ port: UInt16
  ) throws(SystemError) -> DatagramSocket {
    guard let local = SocketAddress(host: host, port: port) else {
      preconditionFailure("this is an address")
    }
    return try DatagramSocket(local: local, receiveBufferBytes: 4096)
  }

  /// The first of so many neighbouring pairs that nobody uses at the moment.
  private static func freeRun(pairs: UInt16) throws -> UInt16 {
    let candidates = stride(from: UInt16(20_000), to: 24_000, by: Int(pairs) * 2)
    return try #require(
      candidates.first { base in
        (0..<pairs).allSatisfy { (try? socket(base + $0 * 2)) != nil }
      }, "no free ports")
  }
}
