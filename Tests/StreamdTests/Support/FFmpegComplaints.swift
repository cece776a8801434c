import Foundation

/// What FFmpeg and programs made with it write to standard error, without what is none of ours.
///
/// To find a free pair of ports FFmpeg's RTSP client binds one after the other, and its UDP layer
/// complains of each that is in use. That is its way of searching; other tests hold many ports.
///
/// Of the first picture that its JPEG decoder sees it says now and then that the end marker is
/// missing although it is there: of one in 30 that come straight from GStreamer's encoder as files.
enum FFmpegComplaints {
  /// The lines that are left.
  static func judged(_ errors: String) -> String {
    var kept: [Substring] = []
    var (wasSearching, sawFirstPicture) = (false, false)
    // Progress lines end with CR alone.
    for line in errors.split(whereSeparator: \.isNewline) {
      let isRepetition = line.trimmingCharacters(in: .whitespaces).hasPrefix(
        "Last message repeated")
      wasSearching = isRepetition ? wasSearching : isSearch(line)
      if wasSearching { continue }
      if !sawFirstPicture, lacksEnd(line) {
        sawFirstPicture = true
      } else {
        kept.append(line)
      }
    }
    return kept.joined(separator: "\n")
  }

  private static func lacksEnd(_ line: Substring) -> Bool {
    line.wholeMatch(of: /\[mjpeg @ 0x[0-9a-f]+\] EOI missing, emulating/) != nil
  }

  private static func isSearch(_ line: Substring) -> Bool {
    line.wholeMatch(of: /\[udp @ 0x[0-9a-f]+\] bind failed: Address already in use/) != nil
  }
}
