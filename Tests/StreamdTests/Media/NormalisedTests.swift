import Foundation
import Testing

/// Files that RFC 2435 cannot carry as they are: independent encoders make them, and an independent
/// decoder compares what comes over RTSP with the file.
@Suite("Files that are normalised")
struct NormalisedTests {
  struct Recipe: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What the API says was done.
    var changes: [String]
    /// Without this only luma is the same.
    var isLossless = true
    var size = "176x144"
    var format = "yuvj420p"
    /// Makes `film.mjpeg` of the pictures `*.jpg`.
    var script: String
  }

  private static let count = 24
  private static let concatenate = "cat *.jpg > film.mjpeg"

  static let recipes = [
    Recipe(
      testDescription: "baseline with the standard tables, as libjpeg writes it", changes: [],
      script: "for f in *.jpg; do djpeg $f | cjpeg -sample 2x2 -quality 90 >> film.mjpeg; done"),
    Recipe(
      testDescription: "without Huffman tables, as webcams send it", changes: [],
      script: """
        for f in *.jpg; do djpeg $f | cjpeg -sample 2x2 -quality 90 > bare; mv bare $f; done
        /usr/bin/python3 -c "$STRIP" *.jpg > film.mjpeg
        """),
    Recipe(
      testDescription: "progressive, by Pillow", changes: ["Huffman tables", "scans"],
      script: """
        /usr/bin/python3 -c 'import sys
        from PIL import Image
        for name in sys.argv[1:]:
            Image.open(name).save(name, quality=85, subsampling=2, progressive=True)' *.jpg
        cat *.jpg > film.mjpeg
        """),
    Recipe(
      testDescription: "optimised, with restarts, by OpenCV", changes: ["Huffman tables"],
      script: """
        /usr/bin/python3 -c 'import sys, cv2
        for name in sys.argv[1:]:
            cv2.imwrite(name, cv2.imread(name),
                        [cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 3])' *.jpg
        cat *.jpg > film.mjpeg
        """),
    Recipe(
      testDescription: "optimal Huffman tables, as FFmpeg writes them", changes: ["Huffman tables"],
      script: concatenate),
    Recipe(
      testDescription: "4:2:2, as FFmpeg writes it",
      changes: ["Huffman tables", "sampling factors"],
      format: "yuvj422p", script: concatenate),
    Recipe(
      testDescription: "progressive", changes: ["Huffman tables", "scans"],
      script: "for f in *.jpg; do jpegtran -progressive $f >> film.mjpeg; done"),
    Recipe(
      testDescription: "restart intervals", changes: ["Huffman tables"],
      script: "for f in *.jpg; do jpegtran -optimize -restart 2 $f >> film.mjpeg; done"),
    Recipe(
      testDescription: "a size that is no multiple of 8", changes: ["Huffman tables"],
      size: "150x102", script: concatenate),
    Recipe(
      testDescription: "greyscale", changes: ["Huffman tables", "greyscale to colour"],
      isLossless: false,
      script: "for f in *.jpg; do jpegtran -grayscale $f >> film.mjpeg; done"),
    Recipe(
      testDescription: "4:4:4", changes: ["Huffman tables", "chroma to 4:2:0 (with loss)"],
      isLossless: false, format: "yuvj444p", script: concatenate),
  ]

  /// Leaves the DHT segments out of the pictures that it is given.
  private static let strip = """
    import sys
    for name in sys.argv[1:]:
        data, position = open(name, "rb").read(), 2
        kept = data[:2]
        while data[position + 1] != 0xDA:
            end = position + 2 + int.from_bytes(data[position + 2:position + 4], "big")
            if data[position + 1] != 0xC4:
                kept += data[position:end]
            position = end
        sys.stdout.buffer.write(kept + data[position:])
    """

  private func make(_ recipe: Recipe, _ folder: TemporaryFolder) async throws {
    let script = """
      cd \(folder.path)/.work
      STRIP='\(Self.strip)'
      ffmpeg -v error -f lavfi -i testsrc2=s=\(recipe.size):r=20 -frames:v \(Self.count) \
        -c:v mjpeg -huffman optimal -pix_fmt \(recipe.format) -q:v 3 -f image2 p%02d.jpg
      \(recipe.script)
      mv film.mjpeg ..
      """
    try folder.write(".work/empty", [])
    let result = try await Tool.run("/bin/bash", ["-ec", script], seconds: 60)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// The checksums of what FFmpeg decodes, where the picture itself is.
  private func checksums(_ input: [String], _ recipe: Recipe) async throws -> [String] {
    let size = recipe.size.split(separator: "x").joined(separator: ":")
    let filter = "crop=\(size):0:0" + (recipe.isLossless ? "" : ",extractplanes=y")
    let result = try await Tool.run(
      "ffmpeg",
      ["-v", "error"] + input + [
        "-frames:v", String(Self.count), "-vf", filter, "-fps_mode", "passthrough", "-f",
        "framemd5", "-",
      ], seconds: 60)
    #expect(result.status == 0, "\(result.errors)")
    #expect(FFmpegComplaints.judged(result.errors).isEmpty, "\(result.errors)")
    return PlayerTests.frames(result.output).map(\.checksum)
  }

  @Test("come over RTSP as they are in the file", arguments: recipes)
  func plays(recipe: Recipe) async throws {
    let folder = try TemporaryFolder()
    try await make(recipe, folder)
    let daemon = try DaemonProcess(media: folder.path)
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/videos")
    let items = try #require(reply.json["items"] as? [[String: Any]])
    #expect(items.count == 1 && items[0]["playable"] as? Bool == true, "\(items)")
    #expect(items[0]["normalised"] as? [String] == recipe.changes)
    let file = try await checksums(
      ["-f", "mjpeg", "-i", folder.path + "/film.mjpeg"], recipe)
    #expect(file.count == Self.count)
    for transport in ["tcp", "udp"] {
      let played = try await checksums(
        ["-rtsp_transport", transport, "-i", daemon.url("film.mjpeg")], recipe)
      #expect(played == file, "\(transport)")
    }
    // What GStreamer has put together is decoded like the file.
    let pieces = try TemporaryFolder()
    let gstreamer = try await Tool.run(
      "gst-launch-1.0",
      [
        "-q", "rtspsrc", "location=\(daemon.url("film.mjpeg"))", "protocols=tcp", "!",
        "rtpjpegdepay", "!", "identity", "eos-after=\(Self.count + 1)", "!", "multifilesink",
        "location=\(pieces.path)/%02d.jpg",
      ])
    let depacketized = try await checksums(
      ["-f", "image2", "-i", pieces.path + "/%02d.jpg"], recipe)
    #expect(depacketized == file, "\(gstreamer.errors)")
  }

  @Test("chroma that is brought to 4:2:0 is close to what it was")
  func chroma() async throws {
    let folder = try TemporaryFolder()
    let recipe = try #require(Self.recipes.last)
    #expect(recipe.format == "yuvj444p")
    try await make(recipe, folder)
    let daemon = try DaemonProcess(media: folder.path)
    // The mean over a square of four, as 4:2:0 has it.
    let filter = """
      [0:v]settb=1/20,setpts=N,format=yuvj420p[played];
      [1:v]settb=1/20,setpts=N,scale=sws_flags=area,format=yuvj420p[file];
      [played][file]psnr=stats_file=\(folder.path)/psnr
      """
    let result = try await Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-rtsp_transport", "tcp", "-i", daemon.url("film.mjpeg"), "-f", "mjpeg",
        "-i", folder.path + "/film.mjpeg", "-lavfi", filter, "-frames:v", String(Self.count), "-f",
        "null", "-",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let text = try String(contentsOfFile: folder.path + "/psnr", encoding: .utf8)
    let values = text.matches(of: /psnr_[uv]:([0-9.]+|inf)/).map {
      Double($0.output.1) ?? .infinity
    }
    #expect(values.count >= 2 * Self.count && values.allSatisfy { $0 >= 38 }, "\(text)")
  }

  @Test("arithmetic coding, 12 bits and CMYK are refused with the reason")
  func refused() async throws {
    let folder = try TemporaryFolder()
    let script = """
      cd \(folder.path)
      ffmpeg -v error -f lavfi -i testsrc2=s=64x48 -frames:v 1 -c:v mjpeg -f image2 a.jpg
      jpegtran -arithmetic a.jpg > arithmetic.mjpeg
      /usr/bin/python3 -c 'from PIL import Image
      Image.open("a.jpg").convert("CMYK").save("cmyk.jpg")'
      mv cmyk.jpg cmyk.mjpeg
      rm a.jpg
      """
    let made = try await Tool.run("/bin/bash", ["-ec", script])
    try #require(made.status == 0, "\(made.errors)")
    let daemon = try DaemonProcess(media: folder.path)
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/videos")
    let items = try #require(reply.json["items"] as? [[String: Any]])
    let reasons = items.map { $0["reason"] as? String ?? "" }
    #expect(items.allSatisfy { $0["playable"] as? Bool == false } && items.count == 2, "\(items)")
    #expect(reasons[0].contains("arithmetic") && reasons[1].contains("CMYK"), "\(reasons)")
    for name in ["arithmetic.mjpeg", "cmyk.mjpeg"] {
      let client = try RTSPClient(port: daemon.port)
      #expect(try client.request("DESCRIBE", daemon.url(name)).status == 415)
    }
  }

  @Test("browsers and scripts get the file's own pictures")
  func original() async throws {
    let folder = try TemporaryFolder()
    let recipe = Self.recipes[2]
    try await make(recipe, folder)
    let daemon = try DaemonProcess(media: folder.path)
    let snapshot = try HTTPClient(daemon).request("GET", "/video/film.mjpeg/snapshot.jpg?frame=0")
    let file = [UInt8](try Data(contentsOf: URL(filePath: folder.path + "/film.mjpeg")))
    #expect(snapshot.status == 200 && snapshot.body.count > 1000)
    #expect(file.starts(with: snapshot.body))
  }

  @Test("a picture whose data are broken is left out when it is played, and told with its place")
  func broken() async throws {
    let folder = try TemporaryFolder()
    try await make(Self.recipes[2], folder)
    let path = folder.path + "/film.mjpeg"
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    // Ones, many of them, in the last third: no Huffman code consists of them.
    let start = bytes.count * 2 / 3
    for index in start..<start + 40 { bytes[index] = (index - start) % 2 == 0 ? 0xFF : 0 }
    try folder.write("film.mjpeg", bytes)
    let daemon = try DaemonProcess(media: folder.path)
    let client = try RTSPClient(port: daemon.port)
    let setup = try client.request(
      "SETUP", daemon.url("film.mjpeg"), ["Transport: RTP/AVP/TCP"])
    #expect(setup.status == 200)
    let isTold = eventually {
      daemon.log.contains("a damaged picture is left out") && daemon.log.contains("at byte ")
    }
    #expect(isTold, "\(daemon.log)")
    let clean = try await Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-rtsp_transport", "tcp", "-i", daemon.url("film.mjpeg"), "-frames:v", "20",
        "-f", "null", "-",
      ])
    #expect(clean.status == 0 && clean.errors.isEmpty, "\(clean.errors)")
  }

  @Test("while a film is being normalised others play on, and a client that leaves is no harm")
  func meanwhile() async throws {
    let folder = try TemporaryFolder()
    let script = """
      cd \(folder.path)
      ffmpeg -v error -f lavfi -i testsrc2=s=640x480:r=20 -frames:v 6 -c:v mjpeg \
        -huffman optimal -pix_fmt yuvj444p -q:v 3 -f mjpeg big.mjpeg
      cp \(Repository.video)/movie.Mjpeg .
      """
    let made = try await Tool.run("/bin/bash", ["-ec", script], seconds: 60)
    try #require(made.status == 0, "\(made.errors)")
    let daemon = try DaemonProcess(media: folder.path)
    let viewer = try SteadyViewer(daemon)
    try viewer.watch(frames: 5)
    do {
      let impatient = try RTSPClient(port: daemon.port)
      try impatient.send(
        "SETUP \(daemon.url("big.mjpeg")) RTSP/1.0\r\nCSeq: 1\r\n"
          + "Transport: RTP/AVP/TCP\r\n\r\n")
    }
    let patient = try RTSPClient(port: daemon.port)
    try patient.send(
      "SETUP \(daemon.url("big.mjpeg")) RTSP/1.0\r\nCSeq: 1\r\n"
        + "Transport: RTP/AVP/TCP\r\n\r\n")
    // It checks that no packet is missing and that time stamps are even.
    try viewer.watch(frames: 20)
    let reply = try patient.readReply()
    #expect(reply.status == 200)
    #expect(daemon.isRunning)
  }

  @Test("nothing more is read from a client while its film is being normalised")
  func flood() async throws {
    let folder = try TemporaryFolder()
    let script = """
      cd \(folder.path)
      ffmpeg -v error -f lavfi -i testsrc2=s=640x480:r=20 -frames:v 12 -c:v mjpeg \
        -huffman optimal -pix_fmt yuvj444p -q:v 3 -f mjpeg big.mjpeg
      """
    let made = try await Tool.run("/bin/bash", ["-ec", script], seconds: 60)
    try #require(made.status == 0, "\(made.errors)")
    let daemon = try DaemonProcess(media: folder.path)
    let client = try RTSPClient(port: daemon.port)
    try client.send(
      "SETUP \(daemon.url("big.mjpeg")) RTSP/1.0\r\nCSeq: 1\r\n"
        + "Transport: RTP/AVP/TCP\r\n\r\n")
    let request = Array(
      String(repeating: "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", count: 2000).utf8)
    var sent = 0
    while sent < 64 << 20, client.isQuiet(milliseconds: 0) {
      guard client.canSend(milliseconds: 10) else { continue }
      sent += client.sendSome(request)
    }
    // What the kernel's buffers on both sides hold, and not what the daemon could.
    #expect(sent < 9 << 20)
    #expect(try client.readReply().status == 200)
  }
}
