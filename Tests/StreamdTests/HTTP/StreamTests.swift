import Foundation
import Testing

@Suite("Pictures over HTTP")
struct StreamTests {
  @Test("a file's stream has every picture of the file in order, each whole, with its time")
  func fileStream() throws {
    let daemon = try DaemonProcess(start: false)
    let pictures = try Repository.samplePictures()
    let client = try HTTPClient(daemon)
    try client.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    let head = try client.readHead()
    #expect(head.contains("Content-Type: multipart/x-mixed-replace; boundary=streamd\r\n"))
    #expect(String(decoding: try client.read(11), as: UTF8.self) == "--streamd\r\n")
    var times: [Double] = []
    // A machine that is busy with other tests may make the stream begin later in the file.
    var first: Int?
    for number in 0..<30 {
      let (jpeg, time) = try client.readPart()
      let start = try #require(first ?? pictures.firstIndex(of: jpeg), "no picture of the file")
      first = start
      let isNext = jpeg == pictures[(start + number) % pictures.count]
      try #require(isNext, "picture \(number) of a stream that began with \(start)")
      times.append(time)
    }
    #expect(abs((times[29] - times[0]) - 29 * 0.05) < 0.2)
    #expect(abs(times[29] - Date().timeIntervalSince1970) < 1)
  }

  @Test(
    "the first video is where mjpg-streamer and µStreamer have theirs",
    arguments: [("/stream", "/snapshot"), ("/?action=stream", "/?action=snapshot")])
  func first(_ stream: String, _ snapshot: String) throws {
    let daemon = try DaemonProcess(start: false)
    let pictures = try Repository.samplePictures()
    let client = try HTTPClient(daemon)
    #expect(try client.request("GET", snapshot).body == pictures[0])
    let watcher = try HTTPClient(daemon)
    try watcher.send("GET", stream)
    #expect(try watcher.readHead().contains("multipart/x-mixed-replace"))
    _ = try watcher.read(11)
    #expect(pictures.contains(try watcher.readPart().jpeg))
    // A camera goes before files.
    let publisher = try HTTPClient(daemon)
    try publisher.send("PUT", "/live/x", ["Content-Length: \(2 * pictures[7].count)"])
    try publisher.socket.send(pictures[7])
    #expect(try eventually { try client.request("GET", snapshot).body == pictures[7] })
    // Nothing else is to be had so, and nothing is changed.
    let page = try client.request("GET", "/?action=api/v1/status")
    #expect(page.header("Content-Type")?.hasPrefix("text/html") == true)
    #expect(try client.request("POST", snapshot).status == 405)
    withExtendedLifetime(publisher) {}
  }

  @Test("nothing is there where there is no video, and the first one as soon as it is")
  func none() throws {
    let folder = try TemporaryFolder()
    let daemon = try DaemonProcess(media: folder.path)
    let client = try HTTPClient(daemon)
    for path in ["/stream", "/snapshot"] {
      let reply = try client.request("GET", path)
      #expect(reply.status == 404 && reply.code == "no_such_video")
    }
    let picture = try Repository.samplePictures()[0]
    try Data(picture).write(to: URL(filePath: folder.path + "/a.mjpeg"))
    #expect(try client.request("GET", "/snapshot").body == picture)
    // What is asked for behind it has its turn.
    #expect(try client.request("GET", "/healthz").status == 200)
  }

  @Test("?fps= thins a stream out", arguments: [5.0, 10, 40])
  func thinned(_ fps: Double) throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    try client.send("GET", "/video/movie.Mjpeg/stream.mjpg?fps=\(Int(fps))")
    _ = try client.readHead()
    _ = try client.read(11)
    let first = try client.readPart().time
    var last = first
    for _ in 0..<10 { last = try client.readPart().time }
    #expect(abs((last - first) / 10 - 1 / min(fps, 20)) < 0.02, "\((last - first) / 10) s apart")
    let bad = try HTTPClient(daemon).request("GET", "/video/movie.Mjpeg/stream.mjpg?fps=x")
    #expect(bad.status == 400 && bad.code == "bad_fps")
  }

  @Test("snapshots are the file's pictures; what is not there is refused")
  func snapshots() throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "a b"), withIntermediateDirectories: false)
    try folder.write("a b/c.mjpeg", pictures[3] + pictures[4])
    try folder.write("bad.mjpeg", Array("00005hello".utf8))
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let client = try HTTPClient(daemon)
    let first = try client.request("GET", "/video/a%20b/c.mjpeg/snapshot.jpg")
    #expect(first.status == 200 && first.body == pictures[3])
    #expect(first.header("Content-Type") == "image/jpeg")
    let second = try client.request("GET", "/video/a%20b/c.mjpeg/snapshot.jpg?frame=1")
    #expect(second.body == pictures[4])
    for (path, status) in [
      ("/video/a%20b/c.mjpeg/snapshot.jpg?frame=2", 404), ("/video/none/snapshot.jpg", 404),
      ("/video/../etc/passwd/snapshot.jpg", 404), ("/video/%2e%2e/x/snapshot.jpg", 404),
      ("/video/bad.mjpeg/snapshot.jpg", 415), ("/video/bad.mjpeg/stream.mjpg", 415),
    ] {
      #expect(try client.request("GET", path).status == status, "\(path)")
    }
  }

  @Test("a session's stream shows what came in over RTP, and ends with the session")
  func sessionStream() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    let path = try #require(
      control.request("POST", "/api/v1/sessions").header("Location"))
    _ = try control.request("POST", "\(path)/play")
    let viewer = try HTTPClient(daemon)
    try viewer.send("GET", "\(path)/stream.mjpg")
    _ = try viewer.readHead()
    _ = try viewer.read(11)
    let reader = try PictureReader()
    var numbers: [Int] = []
    for _ in 0..<10 { numbers.append(try #require(reader.number(of: viewer.readPart().jpeg))) }
    // What a busy machine does not let us read in time is left out.
    for (a, b) in zip(numbers, numbers.dropFirst()) { #expect((1...20).contains(b - a)) }
    #expect(try control.request("GET", "/api/v1/status").json["viewers"] as? Int == 1)
    #expect(try control.request("DELETE", path).status == 204)
    _ = try? viewer.socket.readToEnd()
  }

  @Test("the stream of a session that is paused begins with the picture that it is paused at")
  func pausedStream() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    let path = try #require(control.request("POST", "/api/v1/sessions").header("Location"))
    #expect(try control.request("POST", "\(path)/play").status == 200)
    let hasPicture = try eventually {
      try control.request("GET", "\(path)/snapshot.jpg").status == 200
    }
    #expect(hasPicture)
    #expect(try control.request("POST", "\(path)/pause").status == 200)
    let viewer = try HTTPClient(daemon)
    try viewer.send("GET", "\(path)/stream.mjpg?fps=0.1")
    _ = try viewer.readHead()
    _ = try viewer.read(11)
    let picture = try viewer.readPart().jpeg
    #expect(try control.request("GET", "\(path)/snapshot.jpg").body == picture)
  }

  @Test("whoever takes a long answer slowly gets all of it, also when it is the last one")
  func slowAnswer() throws {
    let daemon = try DaemonProcess()
    let picture = try Repository.largePicture(bytes: 6_000_000)
    let publisher = try HTTPClient(daemon)
    try publisher.send("PUT", "/live/x", ["Content-Length: \(picture.count * 2)"])
    try publisher.socket.send(picture)
    let isThere = try eventually {
      try HTTPClient(daemon).request("HEAD", "/video/live/x/snapshot.jpg").status == 200
    }
    #expect(isThere)
    let client = try HTTPClient(daemon, receiveBufferBytes: 65_536)
    try client.send("GET", "/video/live/x/snapshot.jpg", ["Connection: close"])
    let begin = Date()
    var count = 0
    while true {
      let bytes = try client.socket.receive()
      if bytes.isEmpty { break }
      count += bytes.count
      // As over a network of two megabytes a second.
      usleep(useconds_t(bytes.count / 2))
    }
    #expect(count > picture.count)
    #expect(Date().timeIntervalSince(begin) > 2.5, "it was not slow")
    withExtendedLifetime(publisher) {}
  }

  @Test("a viewer that does not read costs nobody anything, and sees now when it reads again")
  func slowViewer() throws {
    let daemon = try DaemonProcess(["--fps", "100"], start: false)
    let slow = try HTTPClient(daemon, receiveBufferBytes: 8192)
    try slow.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    _ = try slow.readHead()
    let steady = try HTTPClient(daemon)
    try steady.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    _ = try steady.readHead()
    _ = try steady.read(11)
    var last = try steady.readPart().time
    var late = 0
    for _ in 0..<300 {
      let time = try steady.readPart().time
      // Once or twice it may be the machine that stands still.
      if time - last > 0.2 { late += 1 }
      #expect(time - last < 2, "the steady viewer waited \(time - last) s")
      last = time
    }
    #expect(late < 3, "the steady viewer waited \(late) times")
    // What the kernel held for it is old; after that it is now.
    _ = try slow.read(11)
    var held = 0
    while last - (try slow.readPart().time) > 0.5 { held += 1 }
    #expect(held < 60, "\(held) old pictures")
  }

  @Test("FFmpeg plays a multipart stream, and curl fetches a snapshot")
  func tools() async throws {
    let daemon = try DaemonProcess(start: false)
    let result = try await Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-f", "mpjpeg", "-i", daemon.http("/video/movie.Mjpeg/stream.mjpg"),
        "-frames:v", "20", "-fps_mode", "passthrough", "-f", "framemd5", "-",
      ])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let file = try await PlayerTests.checksumsOfFile()
    let played = PlayerTests.frames(result.output).map { file.firstIndex(of: $0.checksum) }
    #expect(played.count == 20 && played.first == 0)
    // Where a busy machine does not let FFmpeg read in time, the newest picture comes next.
    let steps = zip(played, played.dropFirst()).map { ($1 ?? 0) - ($0 ?? 0) }
    #expect(steps.allSatisfy { (1...20).contains($0) }, "\(played)")
    let curl = try await Tool.run("curl", ["-sf", daemon.http("/video/movie.Mjpeg/snapshot.jpg")])
    #expect(curl.output == (try Repository.samplePictures())[0])
  }
}
