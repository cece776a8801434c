import Testing

@testable import Wire

@Suite("EntropyWriter")
struct EntropyWriterTests {
  @Test("what is written is read again, through every byte's value")
  func roundTrip() {
    var random = SplitMix64(seed: 3)
    let numbers = (0..<5000).map { _ -> (value: Int, length: Int) in
      let length = Int.random(in: 1...16, using: &random)
      // All ones are frequent, so that there are many bytes to stuff behind.
      let all = 1 << length - 1
      return (Bool.random(using: &random) ? all : Int.random(in: 0...all, using: &random), length)
    }
    var writer = EntropyWriter(capacity: 0)
    for (value, length) in numbers { writer.append(UInt32(value), length) }
    writer.flush()
    let bytes = writer.bytes
    #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0 != 0xFF || $1 == 0 })
    var reader = EntropyReader(0..<bytes.count)
    for (value, length) in numbers {
      reader.fill(bytes.span)
      #expect(reader.take(length) == value)
    }
  }

  @Test("the last byte is filled with ones, and a whole one is left alone")
  func flush() {
    var writer = EntropyWriter(capacity: 4)
    writer.flush()
    #expect(writer.bytes.isEmpty)
    writer.append(0b010, 3)
    writer.flush()
    #expect(writer.bytes == [0b0101_1111])
    writer.append(0xAB, 8)
    writer.flush()
    #expect(writer.bytes == [0b0101_1111, 0xAB])
  }

  @Test("restart markers go round from 0 to 7")
  func restarts() {
    var writer = EntropyWriter(capacity: 4)
    for index in 0..<10 { writer.restart(index) }
    #expect(
      writer.bytes.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        == [0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD0, 0xD1])
  }
}
