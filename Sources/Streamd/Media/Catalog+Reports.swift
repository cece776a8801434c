internal import Reactor
internal import Wire

/// The media folder as the API tells it.
extension Catalog {
  /// What is in the folder, as the API tells it: everything that can be played, and what looks as
  /// if it could but cannot.
  ///
  /// - Parameters:
  ///   - name: begins with what stands behind it.
  ///   - limit: so many at most: everybody waits while each is described.
  ///   - isSeen: what is to be told of.
  func reports(after name: String?, limit: Int, where isSeen: (String) -> Bool) -> [VideoReport] {
    survey.names[place(behind: name)...].lazy.filter(isSeen).prefix(limit).map { report(on: $0) }
  }

  /// The first one by its name that can be played.
  func firstPlayable(where isSeen: (String) -> Bool) -> String? {
    survey.names.first { isPlayable($0) && isSeen($0) }
  }

  /// Where the names behind one begin.
  private func place(behind name: String?) -> Int {
    guard let name else { return 0 }
    var (low, high) = (0, survey.names.count)
    while low < high {
      let middle = (low + high) / 2
      if survey.names[middle] > name { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func report(on path: String) -> VideoReport {
    var report = VideoReport(name: path)
    report.bytes =
      survey.files[path]?.identity.size
      ?? survey.pictures[path].map { PictureSource.folder($0).identity.size } ?? 0
    if watch?.isBeingWritten(path) == true {
      report.reason = "it is being written"
    } else {
      describe(entries[path], &report)
      if report.bytes == 0 { report.reason = "at byte 0: the file is empty" }
    }
    return report
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
    if report.reason.isEmpty, let cutOff = media.cutOff {
      report.reason = "the file was cut off: \(cutOff)"
    }
    if report.reason.isEmpty { report.reason = Self.remark(on: description) }
    report.playable = true
  }

  /// What players will make of its size; empty when they show it as it is.
  private static func remark(on description: MediaDescription) -> String {
    if isTooLargeForFFmpeg(description) { return large }
    let (width, height) = (description.width, description.height)
    guard width % 8 != 0 || height % 8 != 0 else { return "" }
    return "shown as \((width + 7) / 8 * 8)x\((height + 7) / 8 * 8) over RTSP: RTP counts in eights"
  }
}
