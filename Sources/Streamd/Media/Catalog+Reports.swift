internal import Reactor
internal import Wire

/// The media folder as the API tells it.
extension Catalog {
  /// What is in the folder, as the API tells it: everything that can be played, and what looks as
  /// if it could but cannot.
  func reports() -> [VideoReport] {
    let files = survey.files.filter { $1.looksLikeVideo }.map { ($0, $1.identity.size) }
    let pictures = survey.pictures.map { path, pictures in
      (path, PictureSource.folder(pictures).identity.size)
    }
    return (files + pictures).sorted { $0.0 < $1.0 }.map { path, size in
      var report = VideoReport(name: path)
      report.bytes = size
      if watch?.isBeingWritten(path) == true {
        report.reason = "it is being written"
      } else {
        describe(entries[path], &report)
        if size == 0 { report.reason = "at byte 0: the file is empty" }
      }
      return report
    }
  }

  private func describe(_ entry: Entry?, _ report: inout VideoReport) {
    switch entry {
    case .playable(let media): describe(media, &report)
    case .unplayable(_, let reason): report.reason = reason
    case .opening(let opening):
      report.opening = opening.progress
      report.reason = "it is being read"
      if let media = opening.media { describe(media, &report) }
    case nil: report.reason = "it has not been read yet"
    }
  }

  private func describe(_ media: MediaFile, _ report: inout VideoReport) {
    let description = media.description
    report.frames = description.frameCount
    report.fps = Double(description.rate.numerator) / Double(description.rate.denominator)
    (report.width, report.height) = (description.width, description.height)
    report.durationS = Double(description.duration) / 1_000_000
    report.container = media.container
    report.normalised = media.normalised
    report.damaged = media.damaged
    report.reason = media.fault.map { "a damaged picture is left out: \($0)" } ?? ""
    if report.reason.isEmpty, Self.isTooLargeForFFmpeg(description) { report.reason = Self.large }
    report.playable = true
  }
}
