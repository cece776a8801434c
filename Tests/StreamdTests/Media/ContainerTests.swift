import Foundation
import Testing

@testable import Streamd
@testable import Wire

/// Files that other programs made play, pixel by pixel and at their own rate.
@Suite("Containers")
struct ContainerTests {
  /// How a file is made, and what is to be said of it.
  struct Recipe: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var container: String
    var fps: Double
    /// Writes `name` into the folder.
    var make: @Sendable (TemporaryFolder, _ name: String) async throws -> Void
  }

  private static let count = 24
  private static let pattern = "testsrc2=size=160x120:rate=30000/1001"
  private static let encoding = [
    "-c:v", "mjpeg", "-huffman", "default", "-pix_fmt", "yuvj420p",
  ]

  private static func tool(_ name: String, _ arguments: [String]) async throws {
    let result = try await Tool.run(name, arguments)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// The sample movie's first pictures, one after the other.
  private static func source(_ folder: TemporaryFolder) throws -> String {
    let name = ".source"
    try folder.write(name, Array(try Repository.samplePictures()[..<count].joined()))
    return folder.path + "/" + name
  }

  static let recipes = [
    Recipe(testDescription: "FFmpeg's AVI of pictures as they are", container: "AVI", fps: 25) {
      try await tool(
        "ffmpeg",
        [
          "-v", "error", "-f", "mjpeg", "-framerate", "25", "-i", try source($0), "-c", "copy",
          "-f", "avi", "\($0.path)/\($1)",
        ])
    },
    Recipe(
      testDescription: "FFmpeg's AVI with sound, and room for an index", container: "AVI",
      fps: 30_000 / 1001.0
    ) {
      try await tool(
        "ffmpeg",
        ["-v", "error", "-f", "lavfi", "-i", pattern, "-f", "lavfi", "-i", "sine=duration=1"]
          + encoding + [
            "-c:a", "pcm_s16le", "-frames:v", "24", "-reserve_index_space", "1000", "-f", "avi",
            "\($0.path)/\($1)",
          ])
    },
    Recipe(testDescription: "GStreamer's AVI", container: "AVI", fps: 15) {
      try await tool(
        "gst-launch-1.0",
        [
          "-q", "videotestsrc", "pattern=ball", "num-buffers=24", "!",
          "video/x-raw,format=I420,width=160,height=120,framerate=15/1", "!", "jpegenc", "!",
          "avimux", "!", "filesink", "location=\($0.path)/\($1)",
        ])
    },
    Recipe(testDescription: "OpenCV's AVI", container: "AVI", fps: 12) {
      // OpenCV chooses the container by the name's ending.
      try await tool("env", ["/usr/bin/python3", "-c", openCV, "\($0.path)/.made.avi"])
      try FileManager.default.moveItem(
        atPath: "\($0.path)/.made.avi", toPath: "\($0.path)/\($1)")
    },
    Recipe(testDescription: "OpenDML of three parts, no Huffman tables", container: "AVI", fps: 24)
    {
      let bare = try Repository.samplePictures()[..<count].map { AVIFile.withoutTables($0) }
      try $0.write($1, AVIFile(bare, scale: 1, rate: 24, segment: 8).bytes)
    },
    Recipe(testDescription: "FFmpeg's multipart", container: "multipart", fps: 20) {
      try await tool(
        "ffmpeg",
        [
          "-v", "error", "-f", "mjpeg", "-i", try source($0), "-c", "copy", "-f", "mpjpeg",
          "\($0.path)/\($1)",
        ])
    },
    Recipe(
      testDescription: "pictures with zeros between, the last without EOI",
      container: "concatenated JPEG", fps: 20
    ) {
      let pictures = try Repository.samplePictures()[..<count]
      try $0.write($1, Array(pictures.joined(separator: [0, 0, 0, 0, 0]).dropLast(2)))
    },
    Recipe(
      testDescription: "lengths with spaces in front", container: "length-prefixed", fps: 20
    ) {
      let pictures = try Repository.samplePictures()[..<count]
      try $0.write(
        $1,
        pictures.flatMap { picture in
          Array(String(("    " + String(picture.count)).suffix(5)).utf8) + picture
        })
    },
  ]

  private static let openCV = """
    import sys, cv2, numpy
    writer = cv2.VideoWriter(sys.argv[1], cv2.CAP_OPENCV_MJPEG,
                             cv2.VideoWriter_fourcc(*"MJPG"), 12.0, (160, 120))
    for number in range(24):
        # Its encoder overflows at sharp edges.
        frame = numpy.full((120, 160, 3), 60 + 5 * number, numpy.uint8)
        writer.write(frame + numpy.arange(160, dtype=numpy.uint8)[None, :, None] // 4)
    writer.release()
    """

  /// What FFmpeg makes of the pictures that the index finds: where its own reader knows the
  /// container, of the file; else of the sample movie's pictures.
  private func checksums(_ folder: TemporaryFolder, _ name: String, _ container: String)
    async throws -> [String]
  {
    let input =
      container == "AVI"
      ? ["-i", "\(folder.path)/\(name)"] : ["-f", "mjpeg", "-i", try Self.source(folder)]
    let result = try await Tool.run(
      "ffmpeg",
      ["-v", "error"] + input + ["-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return PlayerTests.frames(result.output).map(\.checksum)
  }

  private func report(_ daemon: DaemonProcess, _ name: String) throws -> [String: Any] {
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/videos")
    let items = try #require(reply.json["items"] as? [[String: Any]])
    return try #require(items.first { $0["name"] as? String == name })
  }

  @Test("FFmpeg shows over RTSP what FFmpeg shows of the file", arguments: recipes)
  func plays(recipe: Recipe) async throws {
    let folder = try TemporaryFolder()
    // The name says nothing, so that the content has to.
    let name = "film.bin"
    try await recipe.make(folder, name)
    let file = try await checksums(folder, name, recipe.container)
    #expect(file.count == Self.count)
    let daemon = try DaemonProcess(media: folder.path)
    let report = try report(daemon, name)
    #expect(report["container"] as? String == recipe.container)
    #expect(report["playable"] as? Bool == true, "\(report)")
    #expect(report["frames"] as? Int == Self.count)
    let fps = try #require(report["fps"] as? Double)
    #expect(abs(fps - recipe.fps) < 1e-9)
    // Once round its end.
    let played = try await PlayerTests.ffmpeg(daemon.url(name), "tcp", frames: Self.count + 6)
    #expect(played.count == Self.count + 6)
    let start = try #require(file.firstIndex(of: played.first?.checksum ?? ""))
    for (index, frame) in played.enumerated() {
      #expect(frame.checksum == file[(start + index) % file.count], "frame \(index)")
    }
    let period = 90_000 / recipe.fps
    for (a, b) in zip(played, played.dropFirst()) {
      #expect(abs(Double(b.time - a.time) - period) <= 1)
    }
  }

  @Test("a browser gets pictures with the tables that the file leaves out")
  func snapshot() async throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()[..<3].map { AVIFile.withoutTables($0) }
    try folder.write("bare.avi", AVIFile(pictures, scale: 1, rate: 10).bytes)
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let reply = try HTTPClient(daemon).request("GET", "/video/bare.avi/snapshot.jpg")
    #expect(reply.status == 200)
    #expect(reply.body == StandalonePicture.bytes(of: pictures[0]))
    #expect(reply.body.count > pictures[0].count + 400)
    try folder.write("snapshot.jpg", reply.body)
    let shown = try await checksums(folder, "snapshot.jpg", "AVI")
    let file = try await checksums(folder, "", "concatenated JPEG")
    #expect(shown == [file[0]])
  }

  @Test(
    "what is not read is answered with a command that makes it playable",
    arguments: ["mp4", "mov", "matroska", "asf", "nut"])
  func remux(format: String) async throws {
    let folder = try TemporaryFolder()
    // Whatever the name says.
    let name = "my film.mjpeg"
    try await Self.tool(
      "ffmpeg",
      ["-v", "error", "-f", "lavfi", "-i", Self.pattern] + Self.encoding + [
        "-frames:v", "24", "-f", format, "\(folder.path)/\(name)",
      ])
    let daemon = try DaemonProcess(media: folder.path)
    let before = try report(daemon, name)
    #expect(before["playable"] as? Bool == false)
    let reason = try #require(before["reason"] as? String)
    let command = "ffmpeg -i 'my film.mjpeg' -c copy 'my film.avi'"
    #expect(reason.hasSuffix(": " + command), "\(reason)")
    try await Self.tool("sh", ["-c", "cd \(folder.path) && \(command)"])
    let after = try report(daemon, "my film.avi")
    #expect(after["playable"] as? Bool == true, "\(after)")
    #expect(after["container"] as? String == "AVI")
    let fps = try #require(after["fps"] as? Double)
    let frames = try #require(after["frames"] as? Int)
    // FFmpeg fills the gaps of formats with coarse times with empty chunks.
    #expect(frames >= 24 && abs(Double(frames) / fps - 24 * 1.001 / 30) < 0.1, "\(after)")
    if format != "asf" { #expect(frames == 24 && abs(fps - 30_000 / 1001.0) < 1e-9, "\(after)") }
  }

  @Test("a stream that curl has stored plays, cut off as it is")
  func curl() async throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    try folder.write("a.mjpeg", Array(pictures.joined()))
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let dump = folder.url.appending(path: "dump")
    let result = try await Tool.run(
      "sh",
      [
        "-c",
        "curl -sN -i \(daemon.http("/video/a.mjpeg/stream.mjpg")) | head -c 100000 >\(dump.path)",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let bytes = [UInt8](try Data(contentsOf: dump))
    #expect(bytes.count == 100_000 && bytes.starts(with: "HTTP/1.1 200".utf8))
    let report = try report(daemon, "dump")
    #expect(report["container"] as? String == "multipart")
    let index = try MotionJPEGIndex(bytes.span)
    #expect(report["frames"] as? Int == index.entries.count && index.entries.count > 4)
    for entry in index.entries.dropLast() {
      #expect(pictures.contains(Array(bytes[entry.offset..<entry.offset + entry.length])))
    }
    let last = try #require(index.entries.last)
    #expect(last.offset + last.length == bytes.count)
  }

  @Test("lengths are read as Python reads them, five bytes of every kind")
  func pythonNumbers() async throws {
    let alphabet = "07 +-_\nx"
    let script = """
      import itertools
      for letters in itertools.product(b"07 +-_\\nx", repeat=5):
          try: print(int(bytes(letters)))
          except ValueError: print("none")
      """
    let result = try await Tool.run("python3", ["-c", script])
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    #expect(result.status == 0 && lines.count == 32_768, "\(result.errors)")
    let letters = Array(alphabet.utf8)
    var accepted = 0
    for (number, line) in lines.enumerated() {
      let bytes = (0..<5).map { letters[number >> (12 - 3 * $0) & 7] }
      let read = LengthPrefixedReader.length(in: bytes.span, at: 0)
      if read ?? 0 > 0 { accepted += 1 }
      // No frame has a length of zero or less.
      if max(0, read ?? 0) != max(0, Int(line) ?? 0) {
        Issue.record("\(bytes) is \(line) and read as \(read ?? -1)")
      }
    }
    #expect(accepted > 100)
  }
}
