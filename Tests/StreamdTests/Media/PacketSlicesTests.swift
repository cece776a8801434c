import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Packets in slices")
struct PacketSlicesTests {
  private let folder: TemporaryFolder
  private let loop: EventLoop
  private let worker: Worker
  private let media: MediaFile
  private let source: PictureSource
  private let pictures: [[UInt8]]

  init() throws {
    folder = try TemporaryFolder()
    loop = try EventLoop()
    worker = try Worker(on: loop)
    pictures = try Repository.samplePictures()
    let bytes = Array(pictures.joined())
    try folder.write("a.mjpeg", bytes)
    let file = try Folder(folder.path).file(at: "a.mjpeg")
    source = .file(file, try file.identity())
    media = MediaFile(
      name: "a", identity: source.identity, index: try MotionJPEGIndex(bytes.span),
      rate: .standard)
  }

  private func packets(_ memory: PacketMemory) -> PacketSlices {
    media.packets(.classroom, from: source, on: worker, in: memory)
  }

  @Test("every frame is in the slice that is asked for, whatever the order")
  func frames() throws {
    let packets = packets(PacketMemory(bytesMax: 0))
    for frame in [0, 199, 100, 1, 198, 17, 18, 19, 20] {
      let bytes = try packets.copy(of: frame, on: loop)
      #expect(Array(bytes.dropFirst(RTPHeader.length)) == pictures[frame], "\(frame)")
    }
    for frame in [-1, 200] {
      #expect(packets.slice(of: frame) == nil)
      #expect(throws: PicturePacker.Fault.self) { try packets.slice(of: frame, on: loop) }
    }
  }

  @Test("where there is room the rest follows by itself")
  func goesOn() throws {
    let memory = PacketMemory(bytesMax: 100 << 20)
    let packets = packets(memory)
    _ = try packets.slice(of: 150, on: loop)
    while packets.slice(of: 0) == nil || packets.slice(of: 199) == nil { try loop.turn() }
    while worker.pending > 0 { try loop.turn() }
    #expect((0..<200).allSatisfy { packets.slice(of: $0) != nil })
    let all = pictures.reduce(0) { $0 + $1.count + RTPHeader.length }
    #expect(memory.bytes == all)
  }

  @Test("the budget is kept: what nobody has come into for longest goes")
  func budget() throws {
    let memory = PacketMemory(bytesMax: 1 << 20)
    let packets = packets(memory)
    for frame in 0..<200 {
      _ = try packets.slice(of: frame, on: loop)
      // Somebody comes into the first slice again and again.
      if let first = packets.slice(of: 0) { memory.touch(first) }
      #expect(memory.bytes <= memory.bytesMax)
    }
    #expect(packets.slice(of: 0) != nil && packets.slice(of: 199) != nil)
    #expect(packets.slice(of: 100) == nil)
    // Less than a slice is none but the one that is wanted.
    memory.bytesMax = 1
    _ = try packets.slice(of: 100, on: loop)
    #expect(packets.slice(of: 100) != nil && packets.slice(of: 0) == nil)
  }

  @Test("a viewer keeps what it is in, and has the next one made")
  func reader() throws {
    let memory = PacketMemory(bytesMax: 0)
    let packets = packets(memory)
    var reader = PacketReader(packets)
    #expect(reader.slice(of: 0) == nil)
    let first = try packets.slice(of: 0, on: loop)
    #expect(reader.slice(of: 0) === first)
    let next = first.frames.upperBound
    while packets.slice(of: next) == nil { try loop.turn() }
    #expect(packets.slice(of: 0) == nil, "there is room for one only")
    #expect(reader.slice(of: next - 1) === first)
    #expect(reader.slice(of: next)?.frames.lowerBound == next)
    // Behind the last slice comes the first.
    _ = try packets.slice(of: 199, on: loop)
    #expect(reader.slice(of: 199) != nil)
    while packets.slice(of: 0) == nil { try loop.turn() }
  }

  @Test("nothing of a medium that is gone is held")
  func release() throws {
    let memory = PacketMemory(bytesMax: 100 << 20)
    do {
      let index = try MotionJPEGIndex(Array(pictures.joined()).span)
      let packets = PacketSlices(.udp, index, from: source, on: worker, in: memory)
      _ = try packets.slice(of: 0, on: loop)
      #expect(memory.bytes > 0)
    }
    #expect(memory.bytes == 0)
    while worker.pending > 0 { try loop.turn() }
    #expect(memory.bytes == 0)
  }
}

@Suite("Numbered pictures")
struct NumberedPicturesTests {
  @Test("a folder is a video when all its files are pictures that a number tells apart")
  func find() {
    let paths = [
      "a/2.jpg", "a/10.JPG", "a/1.jpeg", "a/sub/x1.jpg", "a/sub/x02.jpg", "b/1.jpg", "c/1.jpg",
      "c/2.jpg", "c/notes.txt", "d/one.jpg", "d/two.jpg", "1.jpg", "2.jpg", "e/1.jpg", "e/01.jpg",
      "f/99999999999999999999.jpg", "f/1.jpg",
    ]
    #expect(
      NumberedPictures.find(in: paths) == [
        "a": ["a/1.jpeg", "a/2.jpg", "a/10.JPG"], "a/sub": ["a/sub/x1.jpg", "a/sub/x02.jpg"],
        "e": ["e/01.jpg", "e/1.jpg"],
      ])
  }
}
