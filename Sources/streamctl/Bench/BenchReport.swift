internal import Reactor
internal import Wire

/// What `bench` has measured. Absent is what cannot be known.
struct BenchReport: Encodable {
  var url: String
  var transport: String
  var clients: Int
  /// Viewers that played at the end.
  var playing: Int
  /// Viewers whose first try was in vain.
  var failed: Int
  /// Connections that ended while they played.
  var ended: Int
  /// Connections of those who came back and play again.
  var reconnected: Int
  /// Where viewers come back, the longest time from the last frame of a lost connection to the
  /// first one of the next.
  var gapMaxMs: Double?
  /// Viewers that got no frame while it was measured.
  var silent: Int
  /// Until the last viewer played.
  var setupS: Double
  /// The longest that one viewer took.
  var setupMaxMs: Double
  /// How long it was measured.
  var seconds: Double
  var frames: Int
  var fpsMean: Double
  var fpsMin: Double
  var fpsMax: Double
  var mbitS: Double
  /// RTP only.
  var packets: Int?
  var lost: Int?
  var misplaced: Int?
  /// How far a frame's distance from the one before was from what it should be: by the timestamps,
  /// or where there are none, the usual one.
  var jitterP50Us: Int
  var jitterP99Us: Int
  var jitterMaxUs: Int
  /// With `--pid`.
  var cpuUsPerFrame: Double?
  var cpuPercent: Double?
  var residentKb: Int?
  /// What the bench itself takes of a processor.
  var ownCpuPercent: Double
  /// Why viewers failed or ended, and how many.
  var faults: [String: Int]

  init(_ load: Load, _ window: Load.Window) {
    let (options, tally) = (load.options, load.tally)
    (url, transport) = (options.target.url, options.transport.rawValue)
    (clients, playing, failed) = (options.clients, tally.playing, tally.failed)
    (ended, reconnected, faults) = (tally.ended, tally.reconnected, tally.faults)
    setupS = Double(tally.setupNanoseconds) / 1e9
    setupMaxMs = Double(load.viewers.map(\.setupNanoseconds).max() ?? 0) / 1e6
    let elapsed = max(1, window.end.monotonic - window.start.monotonic)
    seconds = Double(elapsed) / 1e9
    let isCalendar = options.transport == .udp
    let start = isCalendar ? window.start.realtime : window.start.monotonic
    let end = isCalendar ? window.end.realtime : window.end.monotonic
    let receptions = window.receptions
    if options.reconnects {
      gapMaxMs = Double(receptions.map { $0.interruption(until: end) }.max() ?? 0) / 1e6
    }
    let rates = receptions.map { $0.rate(from: start, to: start + elapsed) }
    frames = receptions.reduce(0) { $0 + $1.frames }
    silent = receptions.count { $0.frames == 0 }
    fpsMean = rates.isEmpty ? 0 : rates.reduce(0, +) / Double(rates.count)
    (fpsMin, fpsMax) = (rates.min() ?? 0, rates.max() ?? 0)
    mbitS = Double(receptions.reduce(0) { $0 + $1.bytes }) * 8 / Double(elapsed) * 1000
    if options.transport.isRTSP {
      packets = receptions.reduce(0) { $0 + $1.packets }
      lost = receptions.reduce(0) { $0 + $1.lost }
      misplaced = receptions.reduce(0) { $0 + $1.misplaced }
    }
    jitterP50Us = load.jitter.percentile(0.5)
    jitterP99Us = load.jitter.percentile(0.99)
    jitterMaxUs = load.jitter.maximum
    let own = window.ownMicroseconds
    ownCpuPercent = Double(own.end - own.start) / Double(elapsed) * 100_000
    if let before = window.server.start, let after = window.server.end {
      let microseconds = Double(after.cpuMicroseconds - before.cpuMicroseconds)
      cpuUsPerFrame = frames > 0 ? microseconds / Double(frames) : nil
      cpuPercent = microseconds / Double(elapsed) * 100_000
      residentKb = after.residentBytes / 1000
    }
    round()
  }

  /// More digits than anybody can measure only make JSON hard to read.
  private mutating func round() {
    func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    setupS = rounded(setupS)
    setupMaxMs = rounded(setupMaxMs)
    seconds = rounded(seconds)
    (fpsMean, fpsMin, fpsMax) = (rounded(fpsMean), rounded(fpsMin), rounded(fpsMax))
    (mbitS, ownCpuPercent) = (rounded(mbitS), rounded(ownCpuPercent))
    gapMaxMs = gapMaxMs.map(rounded)
    cpuUsPerFrame = cpuUsPerFrame.map(rounded)
    cpuPercent = cpuPercent.map(rounded)
  }

  /// Names and values, as people read them.
  var facts: [(String, String)] {
    func milliseconds(_ microseconds: Int) -> String {
      "\(Figure.fixed(Double(microseconds) / 1000, 2)) ms"
    }
    var viewers = "\(playing) of \(clients) over \(transport)"
    if failed > 0 { viewers += ", \(failed) failed" }
    if ended > 0 { viewers += ", \(ended) connections ended" }
    if reconnected > 0 { viewers += ", \(reconnected) came back" }
    if let gapMaxMs, gapMaxMs > 0 {
      viewers += ", the last of them after \(Figure.fixed(gapMaxMs / 1000, 2)) s"
    }
    if silent > 0 { viewers += ", \(silent) without a frame" }
    var facts = [
      ("viewers", viewers),
      (
        "setup",
        "\(Figure.fixed(setupS, 2)) s, the slowest in \(Figure.fixed(setupMaxMs, 1)) ms"
      ),
      (
        "frames/s",
        "\(Figure.fixed(fpsMean, 2)) on average, \(Figure.fixed(fpsMin, 2)) to "
          + "\(Figure.fixed(fpsMax, 2))"
      ),
      (
        "frames",
        "\(frames) in \(Figure.fixed(seconds, 1)) s, \(Figure.rate(kilobits: mbitS * 1000))"
      ),
    ]
    if let packets, let lost, let misplaced {
      let late = misplaced > 0 ? ", \(misplaced) out of order" : ""
      facts.append(
        ("packets lost", "\(Figure.loss(lost, of: Double(packets + lost))) of \(packets)\(late)"))
    }
    facts.append(
      (
        "jitter",
        "\(milliseconds(jitterP50Us)) median, \(milliseconds(jitterP99Us)) for 99 %, "
          + "\(milliseconds(jitterMaxUs)) at most"
      ))
    if let cpuPercent, let residentKb {
      let each = cpuUsPerFrame.map { ", \(Figure.fixed($0, 2)) µs for each frame" } ?? ""
      facts += [
        ("server cpu", "\(Figure.fixed(cpuPercent, 1)) %\(each)"),
        ("server memory", Figure.bytes(residentKb * 1000)),
      ]
    }
    facts.append(("bench cpu", "\(Figure.fixed(ownCpuPercent, 1)) %"))
    return facts
  }
}
