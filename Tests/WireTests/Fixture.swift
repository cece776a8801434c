import Foundation
import Testing

/// What a real player sent, taken from `Tests/Fixtures`: one run of bytes for each message.
struct Fixture: Sendable, CustomTestStringConvertible {
  let name: String
  let messages: [[UInt8]]

  var bytes: [UInt8] { Array(messages.joined()) }
  var testDescription: String { name }

  /// The players that speak RTSP as the RFC has it.
  static let players = [
    "ffmpeg_tcp", "ffmpeg_udp", "gst_tcp", "gst_udp", "mpv", "opencv",
  ].map { Fixture($0) }

  /// The course client's requests; the replies in that file are left out.
  static let classroom = Fixture("classroom")

  /// Reads a fixture. A file that is missing or of which nothing is understood has no messages.
  private init(_ name: String) {
    self.name = name
    let path = Repository.root + "/Tests/Fixtures/\(name).txt"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    var messages: [[UInt8]] = []
    var current: [UInt8] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasSuffix("\\r") {
        current += Array(line.dropLast(2).utf8) + [0x0D, 0x0A]
      } else if line.hasSuffix("\\n") {
        current += Array(line.dropLast(2).utf8) + [0x0A]
      } else if line.hasPrefix("[interleaved binary, 88 bytes, starts 24010054]") {
        // Only the frame's beginning is on record: channel 1, 84 bytes.
        messages.append([0x24, 0x01, 0x00, 0x54] + (0..<84).map { UInt8($0) })
      } else if line.isEmpty, !current.isEmpty {
        messages.append(current)
        current = []
      }
    }
    if !current.isEmpty { messages.append(current) }
    self.messages = messages.filter { !$0.starts(with: "RTSP/1.0".utf8) }
  }
}

/// Where the sources of this package lie.
enum Repository {
  static let root = #filePath.components(separatedBy: "/Tests/WireTests/")[0]

  /// The sample movie: 200 pictures of 640 × 480, each behind its length in five digits.
  static let movie = [UInt8](
    FileManager.default.contents(atPath: root + "/video/movie.Mjpeg") ?? Data())

  /// The movie's first picture, from SOI to EOI: 13,682 bytes behind the five digits.
  static let picture = Array(movie[5..<5 + 13_682])
}
