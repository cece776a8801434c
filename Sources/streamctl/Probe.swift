internal import Reactor
internal import Wire

/// What `probe` says of a file.
struct ProbeReport: Encodable, Equatable {
  /// A kind of picture that RTP cannot carry.
  struct Obstacle: Encodable, Equatable {
    var reason: String
    /// Pictures of which that is so.
    var count: Int
    /// Where it was met first, in bytes from the file's beginning.
    var offset: Int
  }

  var file: String
  var container: String
  var bytes: Int
  var frames: Int
  /// The longest picture.
  var longestBytes: Int
  var width = 0
  var height = 0
  var fps: Double
  /// The rate is the file's own, not the one that files without one are played at.
  var carriesRate: Bool
  var durationS: Double
  var coding = ""
  var sampling = ""
  /// How many quantisation tables a picture uses.
  var quantizationTables = 0
  /// Of the standard tables, 1 to 100; absent for others.
  var quality: Int?
  /// `standard`, `absent` or `own`.
  var huffman = ""
  /// In minimum coded units; 0 without restart markers.
  var restartInterval = 0
  /// What is not the same in all pictures.
  var varies: [String]
  /// What is done to the pictures so that RTP can carry them.
  var normalised: [String]
  /// streamd plays it.
  var playable: Bool
  /// Why not; empty when it does.
  var reason: String
  /// Where that is; absent when it plays.
  var offset: Int?
  /// Pictures of a file that plays which are left out.
  var damaged: Int
  var obstacles: [Obstacle]

  init(_ file: String, bytes: Int, _ survey: MotionJPEGSurvey, rate: FrameRate) {
    self.file = file
    self.bytes = bytes
    container = survey.container.rawValue
    carriesRate = survey.rate != nil
    let rate = survey.rate ?? rate
    (frames, longestBytes, varies) = (survey.frames, survey.longest, survey.variations)
    fps = Double(rate.numerator) / Double(rate.denominator)
    durationS = Double(rate.microseconds(ofFrames: survey.frames)) / 1_000_000
    normalised = JPEGNormalizer.Change.allCases.filter(survey.changes.contains)
      .map(\.description)
    playable = survey.fault == nil
    reason = survey.fault?.reason ?? ""
    offset = survey.fault?.offset
    damaged = survey.damaged
    obstacles = survey.obstacles.map {
      Obstacle(reason: $0.reason, count: $0.count, offset: $0.offset)
    }
    guard let picture = survey.first else { return }
    (width, height) = (picture.width, picture.height)
    (coding, sampling) = (picture.coding, picture.sampling)
    (quantizationTables, quality) = (picture.quantization.count, picture.quality)
    (huffman, restartInterval) = (picture.huffman.rawValue, picture.restartInterval)
  }

  /// Names and values, as people read them.
  var facts: [(String, String)] {
    let rate =
      "\(Figure.fixed(fps, 2)) frames/s" + (carriesRate ? "" : ", the file carries no rate")
    var facts = [("file", file), ("container", container), ("bytes", Figure.bytes(bytes))]
    guard frames > 0 else { return facts }
    facts += [
      ("frames", "\(frames), the longest of \(Figure.bytes(longestBytes))"),
      ("size", "\(width)x\(height)"), ("rate", rate),
      ("duration", Figure.duration(durationS)), ("coding", "\(coding), \(sampling)"),
      ("quantisation", quantisation), ("huffman tables", huffmanTables),
      (
        "restart interval",
        restartInterval == 0 ? "none" : "\(restartInterval) coded units"
      ),
    ]
    if !varies.isEmpty { facts.append(("changes inside", varies.joined(separator: ", "))) }
    return facts
  }

  private var quantisation: String {
    let tables = quantizationTables == 1 ? "1 table" : "\(quantizationTables) tables"
    return quality.map { "\(tables), the standard ones at quality \($0)" }
      ?? "\(tables), not the standard ones"
  }

  private var huffmanTables: String {
    switch huffman {
    case "standard": "the standard ones"
    case "absent": "none, the standard ones are meant"
    default: "its own"
    }
  }
}

extension Program {
  /// It is looked at in memory.
  private static let fileBytesMax = 1 << 30

  func probe() throws(Failure) {
    let path = arguments.operand ?? ""
    var rate = FrameRate.standard
    if let text = arguments["--fps"] {
      guard let given = FrameRate(text) else {
        throw Failure(
          .usage, "--fps \(text): want frames per second from 0.1 to 240: 20, 12.5 or 30000/1001")
      }
      rate = given
    }
    let bytes = try read(path)
    let report = ProbeReport(
      path, bytes: bytes.count, MotionJPEGSurvey(bytes.span, named: path), rate: rate)
    try console.print(isJSON ? [JSON.encode(report)] : lines(report))
    guard !report.playable else { return }
    let place = report.offset.map { "at byte \($0): " } ?? ""
    throw Failure(.refused, "\(path) cannot be played, \(place)\(report.reason)")
  }

  private func read(_ path: String) throws(Failure) -> [UInt8] {
    let progress = Progress()
    progress.begin()
    defer { progress.end() }
    do throws(SystemError) {
      return try WholeFile.read(path, limit: Self.fileBytesMax) { done, size in
        progress.show("reading \(path), \(Figure.bytes(done)) of \(Figure.bytes(size))")
      }
    } catch {
      throw Failure(
        .refused,
        "\(path) cannot be read: \(error.reason) (regular files of up to 1 GiB are probed)")
    }
  }

  private func lines(_ report: ProbeReport) -> [String] {
    var lines = report.facts.map { facts($0.0, Table.Cell($0.1)) }
    let carried =
      report.normalised.isEmpty
      ? "can carry it" : "can carry it, with changes: " + report.normalised.joined(separator: ", ")
    lines.append(
      facts("rtp", report.playable ? Table.Cell(carried, .good) : Table.Cell("cannot", .bad)))
    if report.damaged > 0 {
      lines.append(
        facts("left out", Table.Cell("\(report.damaged) of \(report.frames) frames", .bad)))
    }
    for obstacle in report.obstacles {
      let pictures = obstacle.count == 1 ? "1 picture" : "\(obstacle.count) pictures"
      lines.append(
        facts("", Table.Cell("\(pictures), at byte \(obstacle.offset): \(obstacle.reason)")))
    }
    return lines
  }
}
