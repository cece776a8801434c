import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Catalog")
struct CatalogTests {
  private let loop: EventLoop
  private let folder: TemporaryFolder
  private let pictures: [[UInt8]]

  init() throws {
    loop = try EventLoop()
    folder = try TemporaryFolder()
    pictures = try Repository.samplePictures()
  }

  private func catalog(_ change: (inout Limits) -> Void = { _ in }) throws -> Catalog {
    var limits = Limits()
    change(&limits)
    return Catalog(
      folder: try Folder(folder.path), rate: .standard, limits: limits,
      worker: try Worker(on: loop), loop: loop)
  }

  /// Writes a file of the sample movie's first pictures; their number tells files apart.
  private func write(_ name: String, pictures count: Int) throws {
    try folder.write(name, Array(pictures[..<count].joined()))
  }

  private func frames(_ catalog: Catalog, _ name: String) throws -> Int {
    try catalog.media(named: name, on: loop).description.frameCount
  }

  private func refusal(_ catalog: Catalog, _ name: String) -> RTSPRefusal? {
    #expect(throws: RTSPRefusal.self) { try catalog.media(named: name, on: loop) }
  }

  // MARK: Names

  @Test("a name is the exact path first, then the path without a leading video/")
  func names() throws {
    try write("movie.mjpeg", pictures: 1)
    try write("video/movie.mjpeg", pictures: 2)
    try write("other.mjpeg", pictures: 3)
    try write("video/inner.mjpeg", pictures: 4)
    let catalog = try catalog()
    #expect(try frames(catalog, "movie.mjpeg") == 1)
    #expect(try frames(catalog, "video/movie.mjpeg") == 2)
    #expect(try frames(catalog, "video/other.mjpeg") == 3)
    #expect(try frames(catalog, "video/inner.mjpeg") == 4)
    #expect(try frames(catalog, "video/video/inner.mjpeg") == 4)
    // The name that RTSP goes on with is the file's own.
    #expect(
      try catalog.media(named: "video/other.mjpeg", on: loop).description.name == "other.mjpeg")
    for name in ["inner.mjpeg", "VIDEO/other.mjpeg", "other.MJPEG", "other", "audio/other.mjpeg"] {
      #expect(refusal(catalog, name)?.status == .notFound, "\(name)")
    }
  }

  @Test("an exact path that cannot be played is not answered with another file")
  func exactPathOnly() throws {
    try write("movie.mjpeg", pictures: 1)
    try folder.write("video/movie.mjpeg", Array("no picture".utf8))
    #expect(refusal(try catalog(), "video/movie.mjpeg")?.status == .unsupportedMediaType)
  }

  @Test("subfolders are listed as deep as the limit says, and found by name at any depth")
  func subfolders() throws {
    for (count, path) in ["1.mjpeg", "a/2.mjpeg", "a/b c/3.mjpeg", "a/b c/ü/4.mjpeg"].enumerated() {
      try write(path, pictures: count + 1)
    }
    let catalog = try catalog { $0.mediaDepthMax = 3 }
    try catalog.scan(on: loop)
    #expect(catalog.playable == ["1.mjpeg", "a/2.mjpeg", "a/b c/3.mjpeg"])
    #expect(try frames(catalog, "a/b c/ü/4.mjpeg") == 4)
    #expect(try frames(catalog, "video/a/2.mjpeg") == 2)
  }

  @Test("no more files are listed than the limit says")
  func fileLimit() throws {
    for number in 1...5 { try write("\(number).mjpeg", pictures: number) }
    let catalog = try catalog { $0.mediaFilesMax = 3 }
    try catalog.scan(on: loop)
    #expect(catalog.playable.count == 3)
  }

  @Test(
    "what is hidden, and what is no path of a file, is missing",
    arguments: [
      ".a.mjpeg", "sub/.a.mjpeg", ".git/a.mjpeg", "video/.a.mjpeg", "", "/", ".", "..", "a.mjpeg/",
      "/a.mjpeg", "./a.mjpeg", "sub/../a.mjpeg", "sub//a.mjpeg", "sub", "video/", "video//a.mjpeg",
      "a.mjpeg\0", "a.mjpeg\0.jpg",
    ])
  func hidden(name: String) throws {
    for path in ["a.mjpeg", ".a.mjpeg", "sub/a.mjpeg", "sub/.a.mjpeg", ".git/a.mjpeg"] {
      try write(path, pictures: 1)
    }
    let catalog = try catalog()
    try catalog.scan(on: loop)
    #expect(catalog.playable == ["a.mjpeg", "sub/a.mjpeg"])
    #expect(
      refusal(catalog, name)
        == RTSPRefusal(.notFound, "there is no such file in the media folder"))
  }

  @Test("a path of 1,024 bytes is found, a longer one is missing")
  func longPath() throws {
    let part = String(repeating: "a", count: 204)
    let path = [part, part, part, part, part].joined(separator: "/")
    try write(path, pictures: 1)
    try write(path + "a", pictures: 2)
    let catalog = try catalog()
    #expect(path.utf8.count == 1024)
    #expect(try frames(catalog, path) == 1)
    #expect(refusal(catalog, path + "a")?.status == .notFound)
  }

  // MARK: What changes

  @Test("a file that appears is found, one that vanishes is missing, and it may come back")
  func comesAndGoes() throws {
    let catalog = try catalog()
    try catalog.scan(on: loop)
    #expect(catalog.playable.isEmpty)
    #expect(refusal(catalog, "a.mjpeg")?.status == .notFound)
    try write("a.mjpeg", pictures: 2)
    #expect(try frames(catalog, "a.mjpeg") == 2)
    #expect(catalog.playable == ["a.mjpeg"])
    try FileManager.default.removeItem(at: folder.url.appending(path: "a.mjpeg"))
    #expect(refusal(catalog, "a.mjpeg")?.status == .notFound)
    try write("a.mjpeg", pictures: 3)
    #expect(try frames(catalog, "a.mjpeg") == 3)
  }

  @Test("an unchanged file is indexed once, and its packets are made once for each layout")
  func unchanged() throws {
    try write("a.mjpeg", pictures: 2)
    let catalog = try catalog()
    let media = try catalog.media(named: "a.mjpeg", on: loop)
    #expect(try catalog.media(named: "video/a.mjpeg", on: loop) === media)
    #expect(media.packets(.udp) == nil)
    let first = try catalog.packets(named: "a.mjpeg", .udp, on: loop)
    #expect(first.media === media && media.packets(.udp) === first.packets)
    #expect(try catalog.packets(named: "a.mjpeg", .udp, on: loop).packets === first.packets)
    let other = try catalog.packets(named: "a.mjpeg", .tcp, on: loop)
    #expect(other.media === media && other.packets !== first.packets)
    let (plain, prefixed) = (
      try first.packets.slice(of: 0, on: loop), try other.packets.slice(of: 0, on: loop)
    )
    #expect(prefixed.packets.prefix == 4 && plain.packets.prefix == 0)
  }

  @Test("a changed file is indexed anew, and whoever has the old one keeps its packets")
  func changed() throws {
    try write("a.mjpeg", pictures: 3)
    let catalog = try catalog()
    let old = try catalog.packets(named: "a.mjpeg", .udp, on: loop)
    let bytes = try old.packets.copy(of: 2, on: loop)
    // In place, then by another file of that name.
    try write("a.mjpeg", pictures: 2)
    let new = try catalog.packets(named: "a.mjpeg", .udp, on: loop)
    #expect(new.media !== old.media && new.media.description.frameCount == 2)
    #expect(try new.packets.slice(of: 0, on: loop).frames == 0..<2)
    try write("b.mjpeg", pictures: 2)
    let (a, b) = (folder.url.appending(path: "a.mjpeg"), folder.url.appending(path: "b.mjpeg"))
    try FileManager.default.removeItem(at: a)
    try FileManager.default.moveItem(at: b, to: a)
    #expect(try catalog.media(named: "a.mjpeg", on: loop) !== new.media)
    #expect(old.media.packets(.udp) === old.packets)
    #expect(old.packets.slice(of: 2) != nil)
    #expect(try old.packets.copy(of: 2, on: loop) == bytes)
  }

  @Test("a file that could not be played plays as soon as it has been mended")
  func mended() throws {
    try folder.write("a.mjpeg", Array(pictures[0].prefix(300)))
    let catalog = try catalog()
    #expect(refusal(catalog, "a.mjpeg")?.status == .unsupportedMediaType)
    #expect(catalog.playable.isEmpty)
    try write("a.mjpeg", pictures: 1)
    #expect(try frames(catalog, "a.mjpeg") == 1)
    #expect(catalog.playable == ["a.mjpeg"])
  }

  // MARK: Refusals

  @Test("a file that cannot be played is refused with the reason and the byte")
  func reasons() throws {
    let picture = pictures[0]
    var arithmetic = picture
    let frame = try #require(
      picture.indices.first { picture[$0] == 0xFF && picture[$0 + 1] == 0xC0 })
    arithmetic[frame + 1] = 0xC9
    let cases: [(bytes: [UInt8], reason: String)] = [
      ([], "at byte 0: the file is empty"),
      (
        Array("RIFF".utf8),
        "at byte 0: neither Motion-JPEG nor a video that is known here; convert it"
      ),
      (
        [0, 0, 0, 16] + Array("ftypqt  ".utf8),
        "at byte 0: an MP4 or QuickTime file, which is not read here"
      ),
      (Array("00005hello".utf8), "at byte 5: no JPEG begins here"),
      (Array("0000".utf8), "at byte 0: neither Motion-JPEG"),
      (Array("00001".utf8), "at byte 0: a frame of 1 bytes of which only 0 are in the file"),
      (Array("99999".utf8) + picture, "at byte 0: a frame of 99999 bytes of which only"),
      (arithmetic, "at byte \(frame + 4): the picture is arithmetically coded"),
      (
        arithmetic + arithmetic,
        "at byte \(frame + 4): the picture is arithmetically coded"
      ),
    ]
    let catalog = try catalog()
    for (number, (bytes, reason)) in cases.enumerated() {
      try folder.write("\(number).mjpeg", bytes)
      let refusal = refusal(catalog, "\(number).mjpeg")
      #expect(refusal?.status == .unsupportedMediaType)
      #expect(refusal?.reason.hasPrefix(reason) == true, "\(refusal?.reason ?? "") not \(reason)")
      #expect(throws: RTSPRefusal.self) {
        try catalog.packets(named: "\(number).mjpeg", .udp, on: loop)
      }
    }
  }

  @Test("a damaged picture keeps its time, is told of, and does not keep the others from playing")
  func damaged() throws {
    var torn = pictures[1]
    let frame = try #require(torn.indices.first { torn[$0] == 0xFF && torn[$0 + 1] == 0xC0 })
    torn[frame + 4] = 12
    try folder.write("a.mjpeg", pictures[0] + torn + pictures[2])
    let catalog = try catalog()
    let (media, packets) = try catalog.packets(named: "a.mjpeg", .udp, on: loop)
    #expect(media.description.frameCount == 3 && media.damaged == 1)
    let slice = try packets.slice(of: 0, on: loop)
    #expect((0..<3).map { slice.packets.byteCount(of: $0) > 0 } == [true, false, true])
    #expect(slice.packets.packets(of: 1) == 0)
    try catalog.scan(on: loop)
    let report = try #require(catalog.reports(after: nil, limit: 1) { _ in true }.first)
    #expect(report.playable && report.frames == 3 && report.damaged == 1)
    #expect(report.reason.hasPrefix("a damaged picture is left out: at byte "))
  }

  @Test("what cannot be had by its name, or is not shown as it is, is told of")
  func remarks() throws {
    try write("live/a.mjpeg", pictures: 1)
    var odd = pictures[0]
    let frame = try #require(odd.indices.first { odd[$0] == 0xFF && odd[$0 + 1] == 0xC0 })
    // 642 x 475 instead of 640 x 480: as many blocks, or some more that are not there.
    (odd[frame + 6], odd[frame + 8]) = (0xDB, 0x82)
    try folder.write("odd.mjpeg", odd)
    let catalog = try catalog()
    try catalog.scan(on: loop)
    let reports = catalog.reports(after: nil, limit: 2) { _ in true }
    #expect(reports.map(\.playable) == [false, true])
    #expect(reports[0].reason.hasPrefix("names below live/ are those of what is published"))
    #expect(reports[1].width == 642 && reports[1].height == 475)
    #expect(reports[1].reason.hasPrefix("shown as 648x480 over RTSP"))
    #expect(!catalog.isPlayable("live/a.mjpeg"))
  }

  @Test("a file's own rate goes before the one that is asked for, which others play at")
  func rates() throws {
    try write("plain.mjpeg", pictures: 2)
    try folder.write("own.bin", AVIFile(Array(pictures[..<2]), scale: 1001, rate: 30_000).bytes)
    let asked = try #require(FrameRate(50))
    let catalog = Catalog(
      folder: try Folder(folder.path), rate: asked, limits: Limits(), worker: try Worker(on: loop),
      loop: loop)
    let own = try catalog.media(named: "own.bin", on: loop).description
    #expect(own.rate == FrameRate(30_000, 1001) && own.frameCount == 2)
    #expect(try catalog.media(named: "plain.mjpeg", on: loop).description.rate == asked)
    try catalog.scan(on: loop)
    let reports = catalog.reports(after: nil, limit: 100) { _ in true }
    #expect(reports.map(\.container).sorted() == ["AVI", "concatenated JPEG"])
    let duration = reports.first { $0.container == "AVI" }?.durationS ?? 0
    #expect(abs(duration - 2 * 1.001 / 30) < 1e-6)
  }

  @Test("a folder or a pipe is missing, whatever its name")
  func irregular() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "a.mjpeg"), withIntermediateDirectories: false)
    #expect(unsafe mkfifo(folder.path + "/b.mjpeg", 0o600) == 0)
    let catalog = try catalog()
    // Until it has been looked at a folder may be one of numbered pictures.
    #expect(refusal(catalog, "a.mjpeg")?.status == .serviceUnavailable)
    try catalog.scan(on: loop)
    #expect(refusal(catalog, "a.mjpeg")?.status == .notFound)
    #expect(refusal(catalog, "b.mjpeg")?.status == .notFound)
  }

  @Test("a scan passes over files that nobody would expect to play")
  func scan() throws {
    try write("picture", pictures: 1)
    try folder.write(
      "prefixed.dat",
      Array(String(100_000 + pictures[0].count).utf8.dropFirst())
        + pictures[0])
    try folder.write("notes.txt", Array("00005hello".utf8))
    try folder.write("broken.AVI", Array("RIFF".utf8))
    let catalog = try catalog()
    try catalog.scan(on: loop)
    #expect(catalog.playable == ["picture", "prefixed.dat"])
  }
}
