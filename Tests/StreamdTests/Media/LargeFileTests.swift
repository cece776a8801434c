import Foundation
import Testing
import Wire

/// Files that are larger than what may be kept of them, and what becomes of viewers when they are
/// changed underneath.
@Suite("Large files")
struct LargeFileTests {
  /// No more than one slice beside those that viewers are in.
  private static let scarce = ["--limits", "media_memory_bytes=300000"]

  @Test("an AVI file of 2 GB plays at once, from anywhere, and is not held in memory")
  func gigabytes() async throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    try AVIFile.writeSparse(
      Array([[[UInt8]]](repeating: pictures, count: 5).joined()), gap: 2_000_000,
      at: folder.path + "/large.avi")
    let daemon = try DaemonProcess(Self.scarce, media: folder.path)
    let list = try HTTPClient(daemon).request("GET", "/api/v1/videos")
    let video = try #require((list.json["items"] as? [[String: Any]])?.first)
    #expect(video["frames"] as? Int == 1000 && video["playable"] as? Bool == true)
    #expect(video["bytes"] as? Int ?? 0 > 2_000_000_000 && video["opening"] == nil)
    let played = try await PlayerTests.ffmpeg(
      daemon.url("large.avi"), "tcp", frames: 30, ["-ss", "42"])
    // 42 s on are 840 pictures, and so picture 40 of the sample; FFmpeg may show one before.
    let file = try await PlayerTests.checksumsOfFile()
    try PlayerTests.check(played, against: file, from: nil)
    let start = try #require(file.firstIndex(of: played[0].checksum))
    #expect((38...41).contains(start), "\(start)")
    let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
    let resident = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    let kilobytes = Int(resident?.split(separator: " ").dropLast().last ?? "") ?? .max
    #expect(kilobytes < 64_000, "\(status)")
  }

  @Test("what does not fit into memory is read again, in time", arguments: ["udp", "tcp"])
  func scarce(_ transport: String) async throws {
    let daemon = try DaemonProcess(Self.scarce)
    let played = try await PlayerTests.ffmpeg(daemon.url(), transport, frames: 250)
    #expect(played.count == 250)
    try PlayerTests.check(played, against: try await PlayerTests.checksumsOfFile(), from: 0)
  }

  @Test("the loop's thread reads no file while one is played that does not fit into memory")
  func coldReads() async throws {
    let daemon = try DaemonProcess(Self.scarce)
    let folder = try TemporaryFolder()
    let log = folder.path + "/calls"
    let tracer = try Companion(
      "/usr/bin/strace", ["-f", "-e", "trace=read,pread64", "-o", log, "-p", String(daemon.pid)])
    try #require(
      try eventually {
        try !String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
          .contains("TracerPid:\t0\n")
      })
    // Not from the page cache either.
    let movie = Repository.video + "/movie.Mjpeg"
    let file = try FileHandle(forReadingFrom: URL(filePath: movie))
    #expect(posix_fadvise(file.fileDescriptor, 0, 0, Int32(POSIX_FADV_DONTNEED)) == 0)
    let played = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-i", daemon.url(), "-frames:v", "60", "-f", "null", "-"])
    #expect(played.status == 0, "\(played.errors)")
    // The tracer ends with what it traces.
    #expect(daemon.terminate() == 0)
    _ = tracer.finish()
    let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    let reads = calls.filter { $0.contains("pread64(") }
    #expect(reads.count > 10)
    #expect(reads.filter { $0.hasPrefix("\(daemon.pid) ") }.isEmpty, "\(reads.prefix(5))")
  }

  @Test("viewers of a file that is cut off meet a clear end, and others are not disturbed")
  func truncated() throws {
    let folder = try TemporaryFolder()
    let movie = [UInt8](
      try Data(contentsOf: URL(filePath: Repository.video + "/movie.Mjpeg")))
    try folder.write("cut.mjpeg", movie)
    try folder.write("movie.Mjpeg", movie)
    let daemon = try DaemonProcess(Self.scarce, media: folder.path)
    let other = try SteadyViewer(daemon)
    let stream = try HTTPClient(daemon)
    try stream.send("GET", "/video/cut.mjpeg/stream.mjpg")
    #expect(try stream.readHead().contains(" 200 "))
    let client = try RTSPClient(port: daemon.port)
    let target = daemon.url("cut.mjpeg")
    let setup = try client.request(
      "SETUP", target, ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"])
    #expect(try client.request("PLAY", target, ["Session: \(setup.session)"]).status == 200)
    #expect(try client.readPacket().channel == 0 || client.readPacket().channel == 0)
    #expect(unsafe truncate(folder.path + "/cut.mjpeg", 100_000) == 0)
    // RTCP BYE (203) on the other channel is the last that comes.
    var isOver = false
    while !isOver {
      let (channel, packet) = try client.readPacket()
      isOver = channel == 1 && Self.saysGoodbye(packet)
    }
    #expect(try client.request("PLAY", target, ["Session: \(setup.session)"]).status == 454)
    // The browser's stream ends.
    _ = try stream.socket.readToEnd()
    try other.watch(frames: 20)
    #expect(daemon.log.contains("the file has changed under a viewer"))
    #expect(daemon.isRunning)
  }

  private static func saysGoodbye(_ compound: [UInt8]) -> Bool {
    var offset = 0
    while offset + 4 <= compound.count {
      if compound[offset + 1] == 203 { return true }
      offset += 4 + 4 * (Int(compound[offset + 2]) << 8 | Int(compound[offset + 3]))
    }
    return false
  }
}
