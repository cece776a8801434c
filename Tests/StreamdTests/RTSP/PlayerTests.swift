import Foundation
import Testing

/// Players that others wrote show exactly what is in the file.
@Suite("Real players")
struct PlayerTests {
  /// What FFmpeg makes of the file itself: a checksum of each frame's pixels.
  static func checksumsOfFile() async throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write("movie.mjpeg", Array(try Repository.samplePictures().joined()))
    let result = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-f", "mjpeg", "-i", "\(folder.path)/movie.mjpeg", "-f", "framemd5", "-"])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return frames(result.output).map(\.checksum)
  }

  struct Frame {
    var time: Int
    var checksum: String
  }

  /// Reads FFmpeg's framemd5 format.
  static func frames(_ output: [UInt8]) -> [Frame] {
    String(decoding: output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
      .compactMap { line in
        let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard fields.count == 6, let time = Int(fields[2]) else { return nil }
        return Frame(time: time, checksum: fields[5])
      }
  }

  /// Plays with FFmpeg; times are in ticks of 1/90,000 s.
  static func ffmpeg(
    _ url: String, _ transport: String, frames count: Int, _ options: [String] = []
  ) async throws -> [Frame] {
    let result = try await Tool.run(
      "ffmpeg",
      // A busy machine may stop FFmpeg for a moment; what comes meanwhile has to find room.
      ["-v", "warning", "-rtsp_transport", transport, "-buffer_size", "1048576"] + options + [
        "-i", url, "-frames:v", String(count), "-fps_mode", "passthrough",
        "-enc_time_base", "1:90000", "-f", "framemd5", "-",
      ])
    #expect(result.status == 0, "\(result.errors)")
    let complaints = FFmpegComplaints.judged(result.errors)
    #expect(complaints.isEmpty, "FFmpeg complains: \(complaints)")
    return frames(result.output)
  }

  /// That pixels are the file's, frame after frame round its end, 50 ms apart.
  static func check(_ played: [Frame], against file: [String], from first: Int?) throws {
    let start = try #require(file.firstIndex(of: played.first?.checksum ?? ""))
    if let first { #expect(start == first) }
    for (index, frame) in played.enumerated() {
      let expected = file[(start + index) % file.count]
      #expect(frame.checksum == expected, "frame \(index) is not frame \(start + index)")
    }
    for (a, b) in zip(played, played.dropFirst()) { #expect(b.time - a.time == 4500) }
  }

  @Test(
    "FFmpeg shows 250 frames across the loop's seam, pixel by pixel", arguments: ["udp", "tcp"])
  func ffmpegLoop(_ transport: String) async throws {
    let daemon = try DaemonProcess()
    let played = try await Self.ffmpeg(daemon.url(), transport, frames: 250)
    #expect(played.count == 250)
    let file = try await Self.checksumsOfFile()
    try Self.check(played, against: file, from: 0)
  }

  @Test("FFmpeg shows 250 frames after a seek", arguments: ["udp", "tcp"])
  func ffmpegSeek(_ transport: String) async throws {
    let daemon = try DaemonProcess()
    let played = try await Self.ffmpeg(daemon.url(), transport, frames: 250, ["-ss", "7"])
    #expect(played.count == 250)
    let file = try await Self.checksumsOfFile()
    try Self.check(played, against: file, from: nil)
    let start = try #require(file.firstIndex(of: played[0].checksum))
    // FFmpeg plays from the beginning while it looks at the stream, seeks, and may show what it
    // had.
    #expect(start == 140 || start == 139, "starts with frame \(start)")
  }

  @Test("ffprobe reads size, rate and duration", arguments: ["udp", "tcp"])
  func ffprobe(_ transport: String) async throws {
    let daemon = try DaemonProcess()
    let result = try await Tool.run(
      "ffprobe",
      [
        "-v", "error", "-rtsp_transport", transport, "-show_entries",
        "stream=codec_name,width,height,pix_fmt,r_frame_rate:format=duration", "-of",
        "default=nw=1", daemon.url(),
      ])
    let complaints = FFmpegComplaints.judged(result.errors)
    #expect(complaints.isEmpty, "FFmpeg complains: \(complaints)")
    let text = String(decoding: result.output, as: UTF8.self)
    for line in [
      "codec_name=mjpeg", "width=640", "height=480", "pix_fmt=yuvj420p", "r_frame_rate=20/1",
      "duration=10.000000",
    ] {
      #expect(text.contains(line + "\n"), "\(line) is missing in \(text)")
    }
  }

  @Test("GStreamer shows 250 frames across the loop's seam", arguments: ["udp", "tcp"])
  func gstreamer(_ transport: String) async throws {
    let daemon = try DaemonProcess(["--log-level", "debug"])
    let folder = try TemporaryFolder()
    let result = try await Tool.run(
      "gst-launch-1.0",
      [
        "-q", "rtspsrc", "location=\(daemon.url())", "protocols=\(transport)", "!",
        "rtpjpegdepay", "!", "identity", "eos-after=251", "!", "multifilesink",
        "location=\(folder.path)/%05d.jpg",
      ])
    #expect(daemon.log.contains("method=TEARDOWN status=200"), "\(result.errors); \(daemon.log)")
    #expect(result.gstreamerIsContent, "\(result.errors); \(daemon.log)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count == 250)
    // What GStreamer put together is decoded by one and the same decoder as the file.
    var pictures: [UInt8] = []
    for name in names {
      pictures += [UInt8](try Data(contentsOf: folder.url.appending(path: name)))
    }
    try folder.write("all.mjpeg", pictures)
    let decoded = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-f", "mjpeg", "-i", "\(folder.path)/all.mjpeg", "-f", "framemd5", "-"]
    )
    #expect(decoded.errors.isEmpty, "\(decoded.errors)")
    let checksums = Self.frames(decoded.output).map(\.checksum)
    let file = try await Self.checksumsOfFile()
    #expect(checksums.count == 250)
    let start = try #require(file.firstIndex(of: checksums[0]))
    for (index, checksum) in checksums.enumerated() {
      #expect(checksum == file[(start + index) % 200], "frame \(index)")
    }
  }

  @Test(
    "plain concatenated pictures play like the length-prefixed file, at the rate that is asked for")
  func concatenated() async throws {
    let folder = try TemporaryFolder()
    try folder.write("plain.mjpeg", Array(try Repository.samplePictures().joined()))
    let daemon = try DaemonProcess(["--fps", "50"], media: folder.path)
    let played = try await Self.ffmpeg(daemon.url("plain.mjpeg"), "udp", frames: 250)
    let file = try await Self.checksumsOfFile()
    let start = try #require(file.firstIndex(of: played.first?.checksum ?? ""))
    for (index, frame) in played.enumerated() {
      #expect(frame.checksum == file[(start + index) % 200])
    }
    for (a, b) in zip(played, played.dropFirst()) { #expect(b.time - a.time == 1800) }
  }
}
