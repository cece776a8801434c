import Foundation
import Testing

/// Encoders that others wrote publish, and players that others wrote watch.
@Suite("Publishing: real encoders and players")
struct PublishPlayerTests {
  private static func isPublished(_ daemon: DaemonProcess, _ name: String) -> Bool {
    eventually(seconds: 20) {
      let list = try? HTTPClient(daemon).request("GET", "/api/v1/videos").json["items"]
      return (list as? [[String: Any]])?.contains {
        $0["name"] as? String == name && $0["state"] as? String == "live"
      } ?? false
    }
  }

  /// That frames are the file's, one after the other.
  private static func check(_ played: [PlayerTests.Frame], count: Int) async throws {
    #expect(played.count == count)
    let file = try await PlayerTests.checksumsOfFile()
    let start = try #require(file.firstIndex(of: played.first?.checksum ?? ""))
    for (index, frame) in played.enumerated() {
      #expect(frame.checksum == file[(start + index) % file.count], "frame \(index)")
    }
  }

  @Test(
    "what FFmpeg publishes FFmpeg shows, pixel by pixel and with the encoder's clock",
    arguments: [ForeignPublisher.Way.tcp, .udp], ["udp", "tcp"])
  func ffmpeg(_ way: ForeignPublisher.Way, _ transport: String) async throws {
    let daemon = try DaemonProcess()
    let publisher = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
    #expect(Self.isPublished(daemon, "live/door"), "\(publisher.errors) \(daemon.log)")
    let played = try await PlayerTests.ffmpeg(daemon.url("live/door"), transport, frames: 60)
    try await Self.check(played, count: 60)
    for (a, b) in zip(played, played.dropFirst()) { #expect(b.time - a.time == 4500) }
    #expect(publisher.isRunning)
    publisher.stop()
    #expect(
      eventually { daemon.log.contains("live/door is not published any more") }, "\(daemon.log)")
  }

  @Test(
    "what FFmpeg sends in a request FFmpeg shows, pixel by pixel",
    arguments: [ForeignPublisher.Way.put, .post])
  func http(_ way: ForeignPublisher.Way) async throws {
    let daemon = try DaemonProcess()
    let publisher = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
    #expect(Self.isPublished(daemon, "live/door"), "\(publisher.errors) \(daemon.log)")
    let played = try await PlayerTests.ffmpeg(daemon.url("live/door"), "tcp", frames: 60)
    try await Self.check(played, count: 60)
    publisher.stop()
    #expect(
      eventually { daemon.log.contains("reason=\"the request has ended\"") }, "\(daemon.log)")
  }

  @Test("tables that RTP cannot carry are normalised; over RTSP FFmpeg refuses them itself")
  func optimalTables() async throws {
    let daemon = try DaemonProcess()
    let encode = ["-c:v", "mjpeg", "-q:v", "3"]
    let http = try ForeignPublisher.ffmpeg(daemon, "live/http", .put, codec: encode)
    #expect(Self.isPublished(daemon, "live/http"), "\(http.errors)")
    let played = try await PlayerTests.ffmpeg(daemon.url("live/http"), "tcp", frames: 30)
    #expect(Set(played.map(\.checksum)).count == 30)
    let refused = try ForeignPublisher.ffmpeg(daemon, "live/rtsp", .tcp, codec: encode)
    #expect(eventually { refused.errors.contains("standard Huffman tables") }, "\(refused.errors)")
    let standard = try ForeignPublisher.ffmpeg(
      daemon, "live/standard", .tcp, codec: encode + ["-huffman", "default"])
    #expect(Self.isPublished(daemon, "live/standard"), "\(standard.errors)")
  }

  @Test("what GStreamer publishes GStreamer and FFmpeg show at once", arguments: ["tcp", "udp"])
  func gstreamer(_ transport: String) async throws {
    let daemon = try DaemonProcess()
    let way = try #require(ForeignPublisher.Way(rawValue: transport))
    let publisher = try ForeignPublisher.gstreamer(daemon, "live/ball", way)
    #expect(Self.isPublished(daemon, "live/ball"), "\(publisher.errors) \(daemon.log)")
    let folder = try TemporaryFolder()
    let (url, path) = (daemon.url("live/ball"), folder.path)
    async let gstreamer = Tool.run(
      "gst-launch-1.0",
      [
        "-q", "rtspsrc", "location=\(url)", "protocols=\(transport)", "!",
        "rtpjpegdepay", "!", "identity", "eos-after=41", "!", "multifilesink",
        "location=\(path)/%05d.jpg",
      ])
    let played = try await PlayerTests.ffmpeg(url, transport, frames: 40)
    #expect(played.count == 40 && Set(played.map(\.checksum)).count > 30)
    let result = try await gstreamer
    let pictures = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(pictures.count == 40, "\(result.errors)")
    #expect(publisher.isRunning, "\(publisher.errors)")
    publisher.stop()
    #expect(
      eventually { daemon.log.contains("live/ball is not published any more") }, "\(daemon.log)")
  }

  @Test(
    "a publisher that is killed and returns is the same source: viewers go on",
    arguments: [ForeignPublisher.Way.tcp, .udp, .put])
  func killed(_ way: ForeignPublisher.Way) async throws {
    let daemon = try DaemonProcess()
    var publisher = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
    #expect(Self.isPublished(daemon, "live/door"), "\(publisher.errors)")
    let viewer = try HTTPClient(daemon)
    try viewer.send("GET", "/video/live/door/stream.mjpg")
    _ = try viewer.readHead()
    _ = try viewer.read(11)
    let url = daemon.url("live/door")
    async let player = PlayerTests.ffmpeg(url, "tcp", frames: 120)
    for _ in 0..<20 { _ = try viewer.readPart() }
    publisher.kill()
    #expect(eventually { daemon.log.contains("live/door is not published any more") })
    publisher = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
    // The last picture again and again, then the new ones.
    var seen: Set<[UInt8]> = []
    for _ in 0..<60 { seen.insert(try viewer.readPart().jpeg) }
    #expect(seen.count > 40)
    let played = try await player
    #expect(played.count == 120)
    for (a, b) in zip(played, played.dropFirst()) { #expect(b.time > a.time) }
  }

  @Test("a second publisher is refused while the first one publishes, and may come behind it")
  func second() async throws {
    let daemon = try DaemonProcess()
    let first = try ForeignPublisher.ffmpeg(daemon, "live/door", .tcp)
    #expect(Self.isPublished(daemon, "live/door"), "\(first.errors)")
    for way in ForeignPublisher.Way.allCases {
      let second = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
      #expect(eventually { !second.isRunning }, "\(way)")
      // Over HTTP FFmpeg sends on until the connection is closed, and reads no answer.
      let complaints =
        way == .tcp || way == .udp ? ["403 Forbidden"] : ["Broken pipe", "Connection reset"]
      #expect(complaints.contains { second.errors.contains($0) }, "\(second.errors)")
    }
    #expect(first.isRunning)
    first.stop()
    let next = try ForeignPublisher.ffmpeg(daemon, "live/door", .put)
    #expect(Self.isPublished(daemon, "live/door"), "\(next.errors)")
  }

  @Test(
    "with takeover the second one takes the place of the first, which notices",
    arguments: [ForeignPublisher.Way.tcp, .udp, .put])
  func takeover(_ way: ForeignPublisher.Way) async throws {
    let daemon = try DaemonProcess(["--publish-takeover"])
    let first = try ForeignPublisher.ffmpeg(daemon, "live/door", way)
    #expect(Self.isPublished(daemon, "live/door"), "\(first.errors)")
    let second = try ForeignPublisher.ffmpeg(daemon, "live/door", .put)
    #expect(eventually { daemon.log.contains("reason=displaced") }, "\(daemon.log)")
    #expect(eventually { !first.isRunning }, "the first one goes on: \(first.errors)")
    let played = try await PlayerTests.ffmpeg(daemon.url("live/door"), "tcp", frames: 20)
    #expect(played.count == 20 && second.isRunning)
  }

  @Test("whoever controls may publish with every program's way of saying who they are")
  func guarded() async throws {
    let guarded = try GuardedDaemon()
    for way in ForeignPublisher.Way.allCases {
      let publisher = try ForeignPublisher.ffmpeg(
        guarded.daemon, "live/\(way.rawValue)", way, user: "carl")
      let isThere = eventually(seconds: 20) {
        guarded.daemon.log.contains("live/\(way.rawValue) is published")
      }
      #expect(isThere, "\(way): \(publisher.errors)")
      let played = try await PlayerTests.ffmpeg(
        guarded.url("vera", "live/\(way.rawValue)"), "tcp", frames: 10)
      #expect(played.count == 10, "\(way): \(publisher.errors) \(guarded.daemon.log)")
      let viewer = try ForeignPublisher.ffmpeg(
        guarded.daemon, "live/vera", way, user: "vera")
      #expect(eventually { !viewer.isRunning }, "\(way)")
    }
    #expect(!guarded.daemon.log.contains("live/vera is published"))
  }
}
