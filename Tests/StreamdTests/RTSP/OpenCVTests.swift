import Foundation
import Testing

/// OpenCV as people use it: `cv2.VideoCapture(url)`, and nothing else.
@Suite("OpenCV")
struct OpenCVTests {
  private static let count = 40

  /// The numbers of the frames that it reads.
  private func numbers(_ url: String, _ options: [String] = []) async throws -> [Int] {
    let script = Repository.root.appending(path: "Tests/Tools/opencv").path
    let result = try await Tool.run(
      "env", options + ["/usr/bin/python3", script, url, String(Self.count)])
    let complaints = FFmpegComplaints.judged(result.errors)
    #expect(result.status == 0 && complaints.isEmpty, "\(result.errors)")
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").compactMap {
      Int($0)
    }
  }

  private func expectConsecutive(
    _ numbers: [Int], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(numbers.count == Self.count, sourceLocation: sourceLocation)
    for (a, b) in zip(numbers, numbers.dropFirst()) {
      #expect(b == (a + 1) % 200, "\(a) is followed by \(b)", sourceLocation: sourceLocation)
    }
  }

  @Test("reads 40 frames of a multipart stream, none left out")
  func http() async throws {
    let daemon = try DaemonProcess(start: false)
    expectConsecutive(try await numbers(daemon.http("/video/movie.Mjpeg/stream.mjpg")))
  }

  /// Without an option OpenCV asks for TCP; the option's words are separated by a semicolon.
  @Test(
    "reads 40 frames over RTSP, none left out",
    arguments: [nil, "rtsp_transport;udp", "rtsp_transport;tcp"])
  func rtsp(_ options: String?) async throws {
    let daemon = try DaemonProcess()
    let environment = options.map { ["OPENCV_FFMPEG_CAPTURE_OPTIONS=\($0)"] } ?? []
    expectConsecutive(try await numbers(daemon.url(), environment))
  }
}
