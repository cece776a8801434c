import Foundation
import Testing

/// A player that somebody else wrote, told to pause, to go on, and to seek.
@Suite("A real player that pauses and seeks")
struct PausePlayerTests {
  @Test(
    "GStreamer goes on with the next frame after a pause and with frame 140 after a seek to 7 s",
    arguments: ["udp", "tcp"])
  func pauseAndSeek(_ transport: String) async throws {
    let daemon = try DaemonProcess()
    let folder = try TemporaryFolder()
    let script = Repository.root.appending(path: "Tests/Tools/gst-pause-seek").path
    // Debian's interpreter, for which Debian's GStreamer bindings are made.
    let result = try await Tool.run(
      "/usr/bin/python3", [script, daemon.url(), transport, folder.path], seconds: 90)
    try #require(result.status == 0, "\(result.errors)")
    let file = try await PlayerTests.checksumsOfFile()
    let played = try await Self.numbers(folder.path + "/played.mjpeg", in: file)
    let resumed = try await Self.numbers(folder.path + "/resumed.mjpeg", in: file)
    let sought = try await Self.numbers(folder.path + "/sought.mjpeg", in: file)

    #expect(played.first == 0)
    #expect(played.count >= 40)
    Self.expectConsecutive(played, file.count)

    // GStreamer stops its own jitter buffer first and tells the server then: what is under way in
    // that moment it may drop, or not. It never was more than its 200 ms of buffer, four frames,
    // and the server itself skips none (PlayContractTests says so packet by packet).
    let (last, next) = (try #require(played.last), try #require(resumed.first))
    #expect((last + 1...last + 5).contains(next), "\(last) before the pause, \(next) after it")
    // Across the loop's seam.
    #expect(resumed.count >= 250)
    Self.expectConsecutive(resumed, file.count)

    #expect(sought.first == 140)
    #expect(sought.count >= 250)
    Self.expectConsecutive(sought, file.count)
    #expect(daemon.log.contains("reason=teardown") && daemon.log.contains("skipped=0"))
  }

  /// Which of the file's frames the pictures are, by their decoded pixels.
  private static func numbers(_ path: String, in file: [String]) async throws -> [Int] {
    let decoded = try await Tool.run(
      "ffmpeg", ["-v", "error", "-f", "mjpeg", "-i", path, "-f", "framemd5", "-"])
    #expect(decoded.status == 0 && decoded.errors.isEmpty, "\(decoded.errors)")
    return try PlayerTests.frames(decoded.output).map { frame in
      try #require(file.firstIndex(of: frame.checksum), "a picture that is not in the file")
    }
  }

  private static func expectConsecutive(
    _ numbers: [Int], _ count: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (a, b) in zip(numbers, numbers.dropFirst()) {
      #expect(b == (a + 1) % count, "\(a) is followed by \(b)", sourceLocation: sourceLocation)
    }
  }
}
