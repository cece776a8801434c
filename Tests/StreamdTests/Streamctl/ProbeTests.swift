import Foundation
import Testing

@Suite("streamctl probe")
struct ProbeTests {
  private func probe(_ arguments: String...) async throws -> Tool.Result {
    try await Tool.run("env", ["-C", "/", Shell.program, "probe"] + arguments)
  }

  private func json(_ result: Tool.Result) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
  }

  @Test("the sample movie, for people and for programs")
  func movie() async throws {
    let path = Repository.video + "/movie.Mjpeg"
    let text = String(decoding: try await probe(path).output, as: UTF8.self)
    for line in [
      "file             \(path)", "container        length-prefixed JPEG",
      "bytes            2.7 MB",
      "frames           200, the longest of 14.1 kB", "size             640x480",
      "rate             20.00 frames/s, the file carries no rate", "duration         10.0 s",
      "coding           baseline, 4:2:0", "huffman tables   the standard ones",
      "restart interval none", "rtp              can carry it",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
    let result = try await probe("--json", "--fps", "30000/1001", path)
    let report = try json(result)
    #expect(result.status == 0 && report["playable"] as? Bool == true)
    #expect(report["frames"] as? Int == 200 && report["bytes"] as? Int == 2_679_155)
    #expect(abs((report["fps"] as? Double ?? 0) - 29.97) < 0.001)
    #expect(abs((report["duration_s"] as? Double ?? 0) - 6.673) < 0.001)
  }

  @Test("it says the same of a file as the daemon, and counts what stands in the way")
  func sameAsDaemon() async throws {
    let folder = try TemporaryFolder()
    let good = try Repository.samplePictures()[0]
    var arithmetic = good
    let frame = try #require(
      good.indices.first { good[$0] == 0xFF && good[$0 + 1] == 0xC0 })
    arithmetic[frame + 1] = 0xC9
    try folder.write("a.mjpeg", good + arithmetic + good + arithmetic)
    try folder.write("b.mjpeg", Array("00005hello".utf8))
    try folder.write("c.avi", Array("RIFF....AVI LIST".utf8))
    try folder.write("d.mjpeg", [])
    try folder.write("e.mjpeg", good + good)
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let page = try HTTPClient(daemon).request("GET", "/api/v1/videos").json
    let videos = try #require(page["items"] as? [[String: Any]])
    #expect(videos.count == 5)
    for video in videos {
      let name = try #require(video["name"] as? String)
      let result = try await probe("--json", "\(folder.path)/\(name)")
      let report = try json(result)
      let isPlayable = try #require(video["playable"] as? Bool)
      #expect(report["playable"] as? Bool == isPlayable && (result.status == 0) == isPlayable)
      #expect(report["bytes"] as? Int == video["bytes"] as? Int)
      if isPlayable {
        #expect(result.errors.isEmpty)
        #expect(report["frames"] as? Int == video["frames"] as? Int)
        #expect(report["duration_s"] as? Double == video["duration_s"] as? Double)
      } else {
        let reason = try #require(video["reason"] as? String)
        #expect(result.status == 1 && result.errors.contains(reason), "\(result.errors)")
        let (offset, words) = (report["offset"] as? Int, report["reason"] as? String)
        #expect(reason == "at byte \(offset ?? -1): \(words ?? "")")
      }
    }
    let text = String(decoding: try await probe("\(folder.path)/a.mjpeg").output, as: UTF8.self)
    #expect(text.contains("frames           4,") && text.contains("changes inside   coding\n"))
    #expect(
      text.contains(
        "2 pictures, at byte \(good.count + frame + 4): the picture is arithmetically coded"),
      "\(text)")
    let avi = String(decoding: try await probe("\(folder.path)/c.avi").output, as: UTF8.self)
    #expect(avi.contains("container        AVI\n"))
  }

  @Test("what is no file is one line and status 1")
  func noFile() async throws {
    for (path, words) in [("/nonexistent", "No such file"), ("/tmp", "Is a directory")] {
      let result = try await probe(path)
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(result.errors.hasPrefix("streamctl: \(path) cannot be read: \(words)"))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }
}
