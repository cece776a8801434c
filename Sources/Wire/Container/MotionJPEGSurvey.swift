/// What a file of Motion-JPEG is like, for the person who wants to know why it plays or does not:
/// the verdict is ``MotionJPEGIndex``'s, and so the same as the daemon's; besides, the pictures'
/// properties, and every obstacle rather than the first one.
public struct MotionJPEGSurvey: Equatable, Sendable {
  /// What the pictures lie in, by the file's first bytes.
  public enum Container: String, Sendable {
    /// Each picture behind its length in five characters.
    case lengthPrefixed = "length-prefixed JPEG"
    /// One picture after the other, or a single one.
    case concatenated = "concatenated JPEG"
    /// A stored `multipart/x-mixed-replace` stream.
    case multipart
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case avi = "AVI"
    /// Not read.
    case mp4 = "MP4 or QuickTime"
    /// Not read.
    case matroska = "Matroska or WebM"
    /// None that is read; the fault says which it is, if that is known.
    case unknown

    init(_ kind: ContainerKind) {
      self =
        switch kind {
        case .lengthPrefixed: .lengthPrefixed
        case .concatenated: .concatenated
        case .multipart: .multipart
        case .avi: .avi
        case .quickTime: .mp4
        case .matroska: .matroska
        case .foreign, .other, .unknown: .unknown
        }
    }
  }

  /// Whose Huffman tables a picture is coded with.
  public enum Huffman: String, Sendable {
    /// Those of ITU-T T.81 annex K.3, which RTP takes for granted.
    case standard
    /// It carries no tables, by which the standard ones are meant.
    case absent
    /// Tables of its own.
    case own
  }

  /// One picture's properties.
  public struct Picture: Equatable, Sendable {
    /// In pixels.
    public var width: Int, height: Int
    /// `baseline`, `progressive` and so on.
    public var coding: String
    /// `4:2:0`, `4:2:2`, `greyscale`, or the factors of each component.
    public var sampling: String
    /// Each quantisation table that its components use, in their order: 64 values in zigzag order.
    public var quantization: [[UInt16]]
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public var huffman: Huffman
    /// In minimum coded units; 0 means that there are no restart markers.
    public var restartInterval: Int

    /// The quality, from 1 to 100, whose standard tables these are (RFC 2435 §4.2); nil for others.
    public var quality: Int? {
      guard quantization.count == 2 else { return nil }
      let values = quantization[0] + quantization[1]
      if values.allSatisfy({ $0 == 1 }) { return 100 }
      return (1...99).first { quality in
        values.elementsEqual(StandardQuantization.tables(quality: quality).map { UInt16($0) })
      }
    }
  }

  /// Why RTP cannot carry some pictures.
  public struct Obstacle: Equatable, Sendable {
    /// What is wrong, as the second half of a sentence.
    public var reason: String
    /// Pictures of which that is so.
    public var count: Int
    /// Where it was met first, as an offset in the file.
    public var offset: Int
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let container: Container
  /// Pictures found, playable or not.
  public private(set) var frames = 0
  /// The longest picture, in bytes.
  public private(set) var longest = 0
  /// The file's own frame rate; nil where it carries none or cannot be played.
  public private(set) var rate: FrameRate?
  /// The first picture; nil where none was found.
  public private(set) var first: Picture?
  /// What is not the same in all pictures: `size`, `sampling`, `quantisation tables`, …
  public private(set) var variations: [String] = []
  /// The first fault that keeps the file from being played; nil when it can be.
  public private(set) var fault: JPEGError?
  /// Pictures of a file that plays which are left out.
  public private(set) var damaged = 0
  /// What has to be done to the pictures before RTP can carry them; empty where nothing has to.
  public private(set) var changes: Set<JPEGNormalizer.Change> = []
  /// Every kind of picture that RTP cannot carry, as far as the pictures could be told apart.
  public private(set) var obstacles: [Obstacle] = []

  /// Reasons have positions or sizes in them; a file full of garbage must not grow a long list.
  private static let obstaclesMax = 16

  /// Surveys a whole file.
  ///
  /// - Parameter name: what the file is called in advice on how to convert it.
  public init(_ bytes: Span<UInt8>, named name: String = "INPUT") {
    let kind = ContainerKind(bytes)
    container = Container(kind)
    do throws(JPEGError) {
      let index = try MotionJPEGIndex(bytes, named: name)
      rate = index.rate
      changes = index.changes
      damaged = index.damaged
      for entry in index.entries { look(bytes.extracting(entry.range), at: entry.offset) }
    } catch {
      fault = error
      walk(bytes, kind)
    }
  }

  /// Goes through a file that cannot be played as far as its pictures can be told apart.
  private mutating func walk(_ bytes: Span<UInt8>, _ kind: ContainerKind) {
    guard var reader = kind.reader(head: bytes, named: "") else { return }
    // Behind a fault of the container no picture can be told from another.
    while let location = try? reader.next(in: bytes, beyond: 0) {
      look(bytes.extracting(location.range), at: location.range.lowerBound)
    }
  }

  private mutating func look(_ picture: Span<UInt8>, at offset: Int) {
    if let image = try? JPEGImage(picture, at: 0), image.frame != nil {
      note(image, image.range.count)
    }
    do throws(JPEGError) {
      _ = try JPEGVerdict(picture, at: 0)
    } catch {
      note(error.moved(by: offset))
    }
  }

  private mutating func note(_ image: JPEGImage, _ length: Int) {
    guard let header = image.frame else { return }
    frames += 1
    longest = max(longest, length)
    let picture = Picture(header, image)
    guard let first else {
      first = picture
      return
    }
    if first == picture { return }
    vary("size", (first.width, first.height) != (picture.width, picture.height))
    vary("coding", first.coding != picture.coding)
    vary("sampling", first.sampling != picture.sampling)
    vary("quantisation tables", first.quantization != picture.quantization)
    vary("Huffman tables", first.huffman != picture.huffman)
    vary("restart interval", first.restartInterval != picture.restartInterval)
  }

  private mutating func vary(_ what: String, _ isSo: Bool) {
    if isSo && !variations.contains(what) { variations.append(what) }
  }

  private mutating func note(_ error: JPEGError) {
    if let index = obstacles.firstIndex(where: { $0.reason == error.reason }) {
      obstacles[index].count += 1
    } else if obstacles.count < Self.obstaclesMax {
      obstacles.append(Obstacle(reason: error.reason, count: 1, offset: error.offset))
    }
  }
}

extension MotionJPEGSurvey.Picture {
  init(_ header: JPEGImage.FrameHeader, _ image: JPEGImage) {
    (width, height) = (header.width, header.height)
    coding = Self.coding(of: header)
    sampling = Self.sampling(of: header.components)
    huffman = Self.huffman(of: image)
    restartInterval = image.restartInterval
    var numbers: [UInt8] = []
    for number in header.components.map(\.quantizationTable) where !numbers.contains(number) {
      numbers.append(number)
    }
    quantization = numbers.compactMap { image.quantizationTables[$0] }
  }

  private static func coding(of header: JPEGImage.FrameHeader) -> String {
    let name =
      switch header.marker {
      case JPEGMarker.baselineFrame: "baseline"
      case 0xC1: "extended sequential"
      case 0xC2: "progressive"
      case 0xC3: "lossless"
      case 0xC9...0xCF: "arithmetic"
      default: "hierarchical"
      }
    return header.precision == 8 ? name : "\(name), \(header.precision) bits a sample"
  }

  private static func sampling(of components: [JPEGImage.Component]) -> String {
    let factors = components.map { "\($0.horizontalSampling)x\($0.verticalSampling)" }
    switch factors {
    case ["2x2", "1x1", "1x1"]: return "4:2:0"
    case ["2x1", "1x1", "1x1"]: return "4:2:2"
    case ["1x1", "1x1", "1x1"]: return "4:4:4"
    case ["4x1", "1x1", "1x1"]: return "4:1:1"
    case let one where one.count == 1: return "greyscale"
    default: return factors.joined(separator: ",")
    }
  }

  private static func huffman(of image: JPEGImage) -> MotionJPEGSurvey.Huffman {
    if image.huffmanTables.isEmpty { return .absent }
    for component in image.scans.first?.components ?? [] {
      let isLuma = component.identifier == image.frame?.components.first?.identifier
      let dc: HuffmanTable = isLuma ? .luminanceDC : .chrominanceDC
      let ac: HuffmanTable = isLuma ? .luminanceAC : .chrominanceAC
      guard image.huffmanTables[component.dcTable] == dc,
        image.huffmanTables[component.acTable | 0x10] == ac
      else { return .own }
    }
    return .standard
  }
}
