import Testing

@testable import Wire

@Suite("InterleavedHeader")
struct InterleavedHeaderTests {
  @Test(
    "is a dollar sign, the channel and the length in network order",
    arguments: [
      (0, 0, [0x24, 0, 0, 0]), (1, 84, [0x24, 1, 0, 0x54]), (255, 65_535, [0x24, 255, 255, 255]),
      (2, 0x1234, [0x24, 2, 0x12, 0x34]),
    ] as [(UInt8, Int, [UInt8])])
  func writes(channel: UInt8, length: Int, bytes: [UInt8]) {
    var written: [UInt8] = []
    InterleavedHeader(channel: channel, length: length).emit(into: &written)
    #expect(written == bytes)
    #expect(written.count == InterleavedHeader.length)
  }

  @Test("takes no length that 16 bits cannot say", arguments: [-1, 65_536])
  func refusesLength(length: Int) async {
    await #expect(processExitsWith: .failure) { [length] in
      _ = InterleavedHeader(channel: 0, length: length)
    }
  }
}
