import Foundation
import Testing
import Wire

/// Recordings by the real program, played by FFmpeg and by the real program.
@Suite("Recording what a session shows")
struct RecordedSessionTests {
  /// A daemon that records into its own media folder, with a session that plays.
  private struct Studio {
    let folder: TemporaryFolder
    let daemon: DaemonProcess
    let client: HTTPClient
    let session: String

    init(
      _ arguments: [String] = [], recordings: String? = nil, limits: String = ""
    ) throws {
      folder = try TemporaryFolder()
      let movie = [UInt8](
        try Data(contentsOf: URL(filePath: Repository.video + "/movie.Mjpeg")))
      try folder.write("movie.Mjpeg", movie)
      // A test that waits for a program may rest behind a thousand others for longer than an idle
      // connection lives.
      daemon = try DaemonProcess(
        [
          "--recordings", recordings ?? folder.path, "--limits",
          "recording_free_bytes=0,http_idle_s=3600\(limits)",
        ] + arguments, media: folder.path)
      client = try HTTPClient(daemon)
      session = try #require(
        client.request("POST", "/api/v1/sessions").json["session_id"] as? String)
      try #require(try client.request("POST", "/api/v1/sessions/\(session)/play").status == 200)
    }

    func record() throws -> Int {
      let reply = try client.request(
        "POST", "/api/v1/recordings", json: "{\"session_id\":\"\(session)\"}")
      try #require(reply.status == 201, "\(reply.text)")
      let location = try #require(reply.header("Location"))
      return try #require(location.split(separator: "/").last.flatMap { Int($0) })
    }

    func report(_ id: Int) throws -> [String: Any] {
      try client.request("GET", "/api/v1/recordings/\(id)").json
    }

    /// Waits until so many pictures are recorded.
    func wait(_ id: Int, frames: Int) throws {
      #expect(try eventually(seconds: 30) { try report(id)["frames"] as? Int ?? 0 >= frames })
    }

    func files(_ path: String? = nil) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: path ?? folder.path).filter {
        $0.hasSuffix(".avi")
      }.sorted()
    }

    /// What the list of videos says of a file.
    func video(_ name: String) throws -> [String: Any] {
      let items = try client.request("GET", "/api/v1/videos").json["items"] as? [[String: Any]]
      return items?.first { $0["name"] as? String == name } ?? [:]
    }
  }

  /// The checksums of the pictures that FFmpeg decodes.
  private func checksums(_ input: String, _ more: [String] = []) async throws -> [String] {
    let result = try await Tool.run(
      "ffmpeg",
      more + ["-v", "warning", "-i", input, "-fps_mode", "passthrough", "-f", "framemd5", "-"])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return PlayerTests.frames(result.output).map(\.checksum)
  }

  /// That the pictures are the movie's, one after the other.
  private func expectMovie(_ played: [String]) async throws {
    let movie = try await PlayerTests.checksumsOfFile()
    let start = try #require(movie.firstIndex(of: played.first ?? ""))
    for (number, checksum) in played.enumerated() {
      #expect(checksum == movie[(start + number) % movie.count], "picture \(number)")
    }
  }

  @Test("pixel for pixel what was shown, in FFmpeg and from our own catalog, at the same rate")
  func plays() async throws {
    let studio = try Studio()
    let id = try studio.record()
    try studio.wait(id, frames: 60)
    // A recording is nobody who watches.
    #expect(try studio.client.request("GET", "/api/v1/status").json["viewers"] as? Int == 0)
    let name = try #require(try studio.files().first)
    #expect(name.hasPrefix("movie.Mjpeg-20"))
    #expect(try studio.video(name)["playable"] as? Bool == false)
    #expect(try studio.video(name)["reason"] as? String == "it is being written")
    let over = try studio.client.request("DELETE", "/api/v1/recordings/\(id)")
    #expect(over.status == 200 && over.json["state"] as? String == "ended", "\(over.text)")
    #expect(over.json["ending"] as? String == "stopped")
    let frames = try #require(over.json["frames"] as? Int)
    let played = try await checksums("\(studio.folder.path)/\(name)")
    #expect(played.count == frames)
    try await expectMovie(played)
    let video = try studio.video(name)
    #expect(video["playable"] as? Bool == true && video["container"] as? String == "AVI")
    #expect(video["frames"] as? Int == frames && video["fps"] as? Double == 20)
    #expect((video["normalised"] as? [Any])?.isEmpty == true)
    let again = try await PlayerTests.ffmpeg(studio.daemon.url(name), "tcp", frames: 40)
    try await expectMovie(again.map(\.checksum))
    // Forgotten, but still there.
    #expect(try studio.client.request("DELETE", "/api/v1/recordings/\(id)").status == 200)
    #expect(try studio.client.request("GET", "/api/v1/recordings/\(id)").status == 404)
    #expect(try studio.files() == [name])
  }

  @Test("kill -9 while it records: the file plays up to the last second, in FFmpeg and streamd")
  func killed() async throws {
    let studio = try Studio()
    let id = try studio.record()
    try studio.wait(id, frames: 30)
    // At any moment between two writes.
    usleep(UInt32.random(in: 0..<1_000_000))
    let shown = try #require(
      try studio.client.request("GET", "/api/v1/sessions/\(studio.session)").json["frame"] as? Int)
    let first = shown - (try #require(try studio.report(id)["frames"] as? Int))
    kill(studio.daemon.pid, SIGKILL)
    let name = try #require(try studio.files().first)
    let played = try await checksums("\(studio.folder.path)/\(name)")
    #expect(played.count >= shown - first - 20, "\(played.count) of \(shown - first)")
    try await expectMovie(played)
    let probe = try await Tool.run(
      "ffprobe",
      [
        "-v", "warning", "-count_frames", "-show_entries",
        "stream=nb_read_frames,r_frame_rate", "-of", "csv=p=0",
        "\(studio.folder.path)/\(name)",
      ])
    let facts = String(decoding: probe.output, as: UTF8.self)
    #expect(probe.errors.isEmpty && facts == "20/1,\(played.count)\n", "\(facts)")
    let next = try DaemonProcess(media: studio.folder.path)
    let items =
      try HTTPClient(next).request("GET", "/api/v1/videos").json["items"] as? [[String: Any]]
    let video = items?.first { $0["name"] as? String == name }
    #expect(video?["frames"] as? Int == played.count && video?["playable"] as? Bool == true)
    let again = try await PlayerTests.ffmpeg(next.url(name), "udp", frames: 20)
    try await expectMovie(again.map(\.checksum))
  }

  @Test("SIGTERM closes the files before it ends")
  func terminated() async throws {
    let studio = try Studio()
    let id = try studio.record()
    try studio.wait(id, frames: 25)
    #expect(studio.daemon.terminate() == 0)
    let name = try #require(try studio.files().first)
    let bytes = try Data(contentsOf: studio.folder.url.appending(path: name))
    #expect(bytes.range(of: Data("idx1".utf8)) != nil)
    #expect(try await checksums("\(studio.folder.path)/\(name)").count >= 25)
    #expect(studio.daemon.log.contains("reason=\"streamd has ended\""))
  }

  @Test("a full disk ends the recording, not the stream; what was recorded plays")
  func diskFull() async throws {
    let disk = try TemporaryFolder()
    let mount = try Tool.runAtOnce("mount", ["-t", "tmpfs", "-o", "size=2m", "none", disk.path])
    guard mount.status == 0 else {
      print("not tried: nothing can be mounted here (\(mount.errors))")
      return
    }
    defer { _ = try? Tool.runAtOnce("umount", [disk.path]) }
    let studio = try Studio(recordings: disk.path)
    let browser = try WebSocketClient(studio.daemon)
    let id = try studio.record()
    let isOver = try eventually(seconds: 30) {
      try studio.report(id)["state"] as? String == "ended"
    }
    #expect(isOver)
    let report = try studio.report(id)
    #expect(report["ending"] as? String == "disk_full")
    #expect((report["reason"] as? String)?.contains("is full") == true, "\(report)")
    #expect(studio.daemon.log.contains("level=error msg=\"recording ended\""))
    // The stream goes on as if nothing had happened.
    let path = "/api/v1/sessions/\(studio.session)"
    let frame = try #require(try studio.client.request("GET", path).json["frame"] as? Int)
    let goesOn = try eventually {
      try studio.client.request("GET", path).json["frame"] as? Int ?? 0 > frame + 20
    }
    #expect(goesOn)
    #expect(try studio.client.request("GET", path).json["state"] as? String == "playing")
    var event = try browser.event("recording")
    while event["state"] as? String != "ended" { event = try browser.event("recording") }
    #expect(event["ending"] as? String == "disk_full" && event["recording_id"] as? String == "1")
    let name = try #require(try studio.files(disk.path).first)
    let played = try await checksums("\(disk.path)/\(name)")
    #expect(played.count > 80 && played.count < 160, "\(played.count)")
    try await expectMovie(played)
    let metric = try Scraper(studio.daemon)
    #expect(try metric("streamd_recordings_ended_total{reason=\"disk_full\"}") == 1)
    #expect(try metric("streamd_recordings") == 0)
    #expect(try metric("streamd_recorded_frames_total") >= Double(played.count))
  }

  @Test("a live source that FFmpeg publishes is recorded until its publisher has gone")
  func live() async throws {
    let studio = try Studio(limits: ",live_hold_s=1")
    let publisher = try Companion(
      "/usr/bin/env",
      [
        "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25",
        "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-huffman", "default", "-f", "mpjpeg", "-method",
        "PUT", studio.daemon.http("/live/door"),
      ])
    var reply: HTTPClient.Reply?
    let isThere = try eventually {
      reply = try studio.client.request(
        "POST", "/api/v1/recordings", json: "{\"source\":\"live/door\"}")
      return reply?.status == 201
    }
    #expect(isThere, "\(reply?.text ?? "")")
    try studio.wait(1, frames: 60)
    kill(publisher.pid, SIGKILL)
    let isOver = try eventually(seconds: 20) {
      try studio.report(1)["ending"] as? String == "source_ended"
    }
    let report = try studio.report(1)
    #expect(isOver, "\(report)")
    let name = try #require(try studio.files().first)
    #expect(name.hasPrefix("live-door-20"))
    let frames = try #require(try studio.report(1)["frames"] as? Int)
    #expect(try await checksums("\(studio.folder.path)/\(name)").count == frames)
    #expect(try studio.video(name)["width"] as? Int == 320)
  }

  @Test("who may not see the source sees no recording of it, and who may only watch makes none")
  func roles() throws {
    let folder = try TemporaryFolder()
    let guarded = try GuardedDaemon(
      ["--recordings", folder.path, "--limits", "recording_free_bytes=0"])
    func ask(_ user: String, _ method: String, _ path: String, json: String? = nil) throws
      -> HTTPClient.Reply
    {
      try HTTPClient(guarded.daemon).request(method, path, json: json, [GuardedDaemon.basic(user)])
    }
    let made = try ask("carl", "POST", "/api/v1/sessions").json["session_id"]
    let body = "{\"session_id\":\"\(try #require(made as? String))\"}"
    #expect(try ask("vera", "POST", "/api/v1/recordings", json: body).code == "not_permitted")
    #expect(try ask("carl", "POST", "/api/v1/recordings", json: body).status == 201)
    func count(_ user: String) throws -> Int? {
      (try ask(user, "GET", "/api/v1/recordings").json["items"] as? [Any])?.count
    }
    #expect(try count("vera") == 1 && count("olga") == 0)
    #expect(try ask("olga", "GET", "/api/v1/recordings/1").code == "no_such_recording")
    #expect(try ask("vera", "DELETE", "/api/v1/recordings/1").code == "not_permitted")
    let over = try ask("carl", "DELETE", "/api/v1/recordings/1")
    #expect(over.json["reason"] as? String == "stopped by carl" && over.json["files"] as? Int == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("streamctl begins, lists and ends recordings")
  func shell() async throws {
    let studio = try Studio()
    let shell = try Shell(studio.daemon.http(""))
    #expect(try await shell.text("record").contains("streamctl record start"))
    try await shell.fails("record", "start", status: 1, saying: "no session", "streamctl setup")
    try await shell.fails("record", "dance", status: 2, saying: "start, stop or list")
    try await shell.fails(
      "record", "start", "--source", "live/none", status: 1, saying: "live/none",
      "streamctl videos")
    let begun = try await shell.text("record", "start", "--session", studio.session)
    #expect(begun.hasPrefix("recording 1 of movie.Mjpeg has begun"))
    try await shell.fails(
      "record", "start", "--session", studio.session, status: 1, saying: "being recorded",
      "streamctl record stop")
    try studio.wait(1, frames: 20)
    let list = try await shell.text("record", "list").split(separator: "\n")
    #expect(list.count == 2 && list[1].hasPrefix("1   recording  movie.Mjpeg  movie.Mjpeg-20"))
    let over = try await shell.text("record", "stop", "--session", studio.session)
    #expect(over.hasPrefix("recording 1 has ended: movie.Mjpeg-20") && over.contains(" frames, "))
    try await shell.fails(
      "record", "stop", "--session", studio.session, status: 1, saying: "not being recorded")
    let all = try await shell.json("record")
    #expect((all.first?["items"] as? [[String: Any]])?.first?["ending"] as? String == "stopped")
    let off = try DaemonProcess()
    try await Shell(off.http("")).fails(
      "record", "start", "--source", "live/x", status: 1, saying: "live/x")
  }
}
