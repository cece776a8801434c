import Foundation
import Testing

/// The media folder while somebody works in it.
@Suite("The media folder is followed")
struct FollowedFolderTests {
  private let folder: TemporaryFolder
  private let movie: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    movie = [UInt8](try Data(contentsOf: URL(filePath: Repository.video + "/movie.Mjpeg")))
    try folder.write("movie.Mjpeg", movie)
  }

  private func videos(_ daemon: DaemonProcess) throws -> [String: [String: Any]] {
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/videos")
    let items = reply.json["items"] as? [[String: Any]] ?? []
    return Dictionary(uniqueKeysWithValues: items.map { ($0["name"] as? String ?? "", $0) })
  }

  private func describe(_ daemon: DaemonProcess, _ name: String) throws -> Int {
    try RTSPClient(port: daemon.port).request("DESCRIBE", daemon.url(name)).status
  }

  @Test("a file is played when it has been written to its end, not before")
  func halfCopied() throws {
    let daemon = try DaemonProcess(media: folder.path)
    let path = folder.path + "/new.mjpeg"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    // A picture's end, so that only the writer can tell that more is to come.
    let pictures = try Repository.samplePictures()
    try file.write(contentsOf: pictures[0])
    #expect(try describe(daemon, "new.mjpeg") == 503)
    let half = try #require(try videos(daemon)["new.mjpeg"])
    #expect(half["playable"] as? Bool == false)
    #expect(half["reason"] as? String == "it is being written")
    try file.write(contentsOf: pictures[1])
    try file.close()
    // A child that another test has just started may hold the file for a moment.
    #expect(try eventually { try describe(daemon, "new.mjpeg") == 200 })
    let whole = try #require(try videos(daemon)["new.mjpeg"])
    #expect(whole["playable"] as? Bool == true && whole["frames"] as? Int == 2)
  }

  @Test("without descriptors the list stays as it was; it is looked at again when there are some")
  func exhausted() throws {
    let daemon = try DaemonProcess(media: folder.path)
    let client = try HTTPClient(daemon)
    func names() throws -> [String] {
      let items = try client.request("GET", "/api/v1/videos").json["items"] as? [[String: Any]]
      return (items ?? []).compactMap { $0["name"] as? String }
    }
    #expect(try names() == ["movie.Mjpeg"])
    let most = daemon.descriptors + 10
    let set = try Tool.runAtOnce("prlimit", ["--pid", "\(daemon.pid)", "--nofile=\(most):\(most)"])
    #expect(set.status == 0, "\(set.errors)")
    var crowd = try (0..<60).map { _ in try RTSPClient(port: daemon.port) }
    #expect(eventually { daemon.log.contains("no more connections can be taken") })
    try folder.write("new.mjpeg", movie)
    #expect(eventually { daemon.log.contains("cannot look at the media folder") })
    #expect(try names() == ["movie.Mjpeg"])
    #expect(!daemon.log.contains("no longer there"))
    #expect(crowd.count == 60)
    crowd = []
    #expect(try eventually { try names() == ["movie.Mjpeg", "new.mjpeg"] })
    #expect(daemon.log.components(separatedBy: "cannot look at").count == 2, "it is said once")
  }

  @Test("files and folders appear and vanish in the list, and nobody who watches is disturbed")
  func comesAndGoes() throws {
    let daemon = try DaemonProcess(media: folder.path)
    let viewer = try SteadyViewer(daemon)
    let page = try WebSocketClient(daemon)
    let picture = try Repository.samplePictures()[0]
    try folder.write("sub/deep/a.mjpeg", picture)
    #expect(try eventually { try videos(daemon)["sub/deep/a.mjpeg"] != nil })
    _ = try page.event("videos_changed")
    try folder.write("sub/deep/b.mjpeg", picture + picture)
    #expect(
      try eventually { try videos(daemon)["sub/deep/b.mjpeg"]?["frames"] as? Int == 2 })
    let manager = FileManager.default
    try manager.moveItem(
      at: folder.url.appending(path: "sub"), to: folder.url.appending(path: "moved"))
    #expect(
      try eventually { try Set(videos(daemon).keys).contains("moved/deep/a.mjpeg") })
    #expect(try videos(daemon)["sub/deep/a.mjpeg"] == nil)
    // Also the one that is watched.
    try manager.removeItem(at: folder.url.appending(path: "movie.Mjpeg"))
    #expect(try eventually { try videos(daemon)["movie.Mjpeg"] == nil })
    #expect(try describe(daemon, "movie.Mjpeg") == 404)
    try viewer.watch(frames: 20)
    #expect(daemon.log.contains("level=info msg=\"no longer there\" file=movie.Mjpeg"))
  }

  @Test("a folder of numbered pictures is a video, in the order of the numbers")
  func numbered() async throws {
    let pictures = try Repository.samplePictures()
    // Not in the order of their names.
    for (number, picture) in pictures.enumerated() {
      try folder.write("drive/frame\(number + 1).jpg", picture)
    }
    try folder.write("drive/sub/other.jpg", pictures[0])
    let daemon = try DaemonProcess(media: folder.path)
    #expect(try eventually { try self.videos(daemon)["drive"]?["playable"] as? Bool == true })
    let videos = try videos(daemon)
    #expect(Set(videos.keys) == ["drive", "drive/sub/other.jpg", "movie.Mjpeg"])
    #expect(videos["drive"]?["frames"] as? Int == 200)
    #expect(videos["drive"]?["container"] as? String == "pictures")
    #expect(videos["drive"]?["bytes"] as? Int == pictures.reduce(0) { $0 + $1.count })
    let played = try await PlayerTests.ffmpeg(daemon.url("drive"), "udp", frames: 220)
    try PlayerTests.check(played, against: try await PlayerTests.checksumsOfFile(), from: 0)
    // One more makes another video of it.
    try folder.write("drive/frame201.jpg", pictures[0])
    #expect(
      try eventually { try self.videos(daemon)["drive"]?["frames"] as? Int == 201 })
  }
}
