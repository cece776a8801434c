import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

private enum Layouts {
  static let all: [MediaFile.Layout] = [.udp, .tcp, .classroom, .multipart]
}

/// Files that change after they have been indexed and before somebody plays them.
@Suite("Media file")
struct MediaFileTests {
  private let folder: TemporaryFolder
  private let loop: EventLoop
  private let worker: Worker
  private let catalog: Catalog
  private let pictures: [[UInt8]]
  private let memory = PacketMemory(bytesMax: 1 << 30)

  init() throws {
    folder = try TemporaryFolder()
    loop = try EventLoop()
    worker = try Worker(on: loop)
    catalog = Catalog(
      folder: try Folder(folder.path), rate: .standard, limits: Limits(), worker: worker,
      loop: loop)
    pictures = Array(try Repository.samplePictures()[..<3])
  }

  private var path: String { folder.path + "/a.mjpeg" }

  @Test("the classroom's packets and multipart's parts are whole pictures, others are pieces")
  func layouts() throws {
    try folder.write("a.mjpeg", Array(pictures.joined()))
    let whole = try packets("a.mjpeg", .classroom)
    #expect(whole.count == 3)
    for (number, picture) in pictures.enumerated() {
      #expect(whole.packets(of: number) == 1)
      #expect(Array(whole.copy(of: number).dropFirst(RTPHeader.length)) == picture)
    }
    let parts = try packets("a.mjpeg", .multipart)
    for (number, picture) in pictures.enumerated() {
      #expect(MultipartStream.picture(in: parts.copy(of: number)) == picture)
    }
    // Stamped, a part is what it would be if it were made anew.
    MultipartStream.stamp(parts, 1, time: 1_795_000_123_000_042)
    #expect(
      parts.copy(of: 1) == MultipartStream.part(of: pictures[1], time: 1_795_000_123_000_042))
    let pieces = try packets("a.mjpeg", .udp)
    #expect(pieces.count == 3 && pieces.stride == 1400)
    #expect((0..<3).allSatisfy { pieces.packets(of: $0) > 1 })
  }

  /// The packets of a file that is one slice.
  private func packets(_ name: String, _ layout: MediaFile.Layout) throws -> PacketBuffer {
    try catalog.packets(named: name, layout, on: loop).packets.slice(of: 0, on: loop).packets
  }

  @Test("whole pictures get what a container leaves out, packets do without it")
  func standalone() throws {
    let bare = pictures.map { AVIFile.withoutTables($0).dropLast(2) }.map { Array($0) }
    #expect(bare[0].count < pictures[0].count - 400)
    try folder.write("a.avi", AVIFile(bare, scale: 1, rate: 10).bytes)
    try folder.write("b.mjpeg", Array(pictures.joined()))
    let whole = try packets("a.avi", .classroom)
    for number in 0..<3 {
      let picture = Array(whole.copy(of: number).dropFirst(RTPHeader.length))
      #expect(whole.packets(of: number) == 1)
      #expect(picture == StandalonePicture.bytes(of: bare[number]))
      #expect(picture.count > bare[number].count + 400 && picture.suffix(2) == [0xFF, 0xD9])
    }
    // RTP carries neither the tables nor EOI, so that it makes no difference there.
    let (pieces, others) = (try packets("a.avi", .udp), try packets("b.mjpeg", .udp))
    for number in 0..<3 { #expect(pieces.copy(of: number) == others.copy(of: number)) }
  }

  @Test("a file that is cut off after it was indexed is not packed", arguments: Layouts.all)
  func truncated(_ layout: MediaFile.Layout) throws {
    let bytes = Array(pictures.joined())
    // Anywhere in the last picture, at its beginning, and with nothing left at all.
    for count in [bytes.count - 1, bytes.count - pictures[2].count + 300, pictures[0].count, 0] {
      try folder.write("a.mjpeg", bytes)
      let source = try source()
      let media = try catalog.media(named: "a.mjpeg", on: loop)
      #expect(unsafe truncate(path, count) == 0)
      let packets = media.packets(layout, from: source, on: worker, in: memory)
      #expect(throws: PicturePacker.Fault.self, "\(count) bytes are left") {
        try packets.slice(of: 0, on: loop)
      }
      #expect(packets.slice(of: 0) == nil)
    }
  }

  @Test("a file that has other pictures than were indexed is not packed", arguments: Layouts.all)
  func overwritten(_ layout: MediaFile.Layout) throws {
    try folder.write("a.mjpeg", Array(pictures.joined()))
    let source = try source()
    let media = try catalog.media(named: "a.mjpeg", on: loop)
    // As many pictures and as many bytes, so that only the time of the change tells.
    try folder.write("a.mjpeg", Array(pictures.reversed().joined()))
    let packets = media.packets(layout, from: source, on: worker, in: memory)
    #expect(throws: PicturePacker.Fault.self) { try packets.slice(of: 0, on: loop) }
  }

  private func source() throws -> PictureSource {
    let file = try Folder(folder.path).file(at: "a.mjpeg")
    return .file(file, try file.identity())
  }

  @Test("a picture that changes unseen is left out, whatever it has become", arguments: Layouts.all)
  func changesUnseen(_ layout: MediaFile.Layout) throws {
    let bytes = Array(pictures.joined())
    try folder.write("a.mjpeg", bytes)
    let media = try catalog.media(named: "a.mjpeg", on: loop)
    // The same size and the same times.
    var status = stat()
    #expect(unsafe stat(path, &status) == 0)
    let last = bytes.count - pictures[2].count
    try folder.write(
      "a.mjpeg", bytes[..<last] + [0xFF, 0xD8, 0xFF] + pictures[2].dropFirst(3).reversed())
    let times = [status.st_atim, status.st_mtim]
    #expect(unsafe utimensat(AT_FDCWD, path, times, 0) == 0)
    #expect(
      try catalog.media(named: "a.mjpeg", on: loop) === media, "the change was meant to be unseen")
    let packets = try packets("a.mjpeg", layout)
    #expect((0..<3).map { packets.packets(of: $0) > 0 } == [true, true, false])
  }
}
