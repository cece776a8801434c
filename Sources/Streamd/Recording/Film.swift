internal import Reactor
internal import Wire

/// A file of a recording as the loop fills it: pictures of one size at one rate, each in its time.
struct Film {
  /// A picture and when it was made.
  struct Shot {
    var jpeg: [UInt8]
    var size: JPEGDimensions
    var time: Instant
  }

  /// What has become of a picture.
  enum Outcome {
    case taken
    /// It belongs into another file: this one is full.
    case another
    /// The same, since its pictures are of another size.
    case otherSize
    /// The same, since none has come for long.
    case paused
    /// There is no step left for it: the source is faster than the file.
    case tooFast
  }

  let file: RecordedFile
  private(set) var writer: AVIWriter
  private var grid: PictureGrid
  private let size: JPEGDimensions
  private let bytesMax: Int
  /// When its first picture was made.
  let begins: Instant
  private let ends: Instant

  var rate: FrameRate { grid.rate }

  init(_ first: Shot, rate: FrameRate, in file: RecordedFile, limits: Limits) {
    self.file = file
    size = first.size
    writer = AVIWriter(width: size.width, height: size.height, rate: rate)
    grid = PictureGrid(rate: rate, origin: first.time)
    bytesMax = limits.recordingFileBytesMax
    begins = first.time
    ends = first.time + Instant(limits.recordingFileSeconds) * 1_000_000_000
  }

  mutating func add(_ shot: Shot) -> Outcome {
    guard shot.size == size else { return .otherSize }
    guard writer.size < bytesMax, shot.time < ends, !writer.isFull else {
      return .another
    }
    switch grid.place(at: shot.time) {
    case .pause: return .paused
    case .tooFast: return .tooFast
    case .next(let repeats):
      for _ in 0..<repeats { writer.repeatPicture() }
      writer.append(shot.jpeg)
      return .taken
    }
  }

  mutating func flush() -> AVIWriter.Output? { writer.flush() }

  mutating func finish() -> AVIWriter.Output { writer.finish() }
}
