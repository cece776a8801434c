/// What kind of file it is, by its first bytes. The file's name plays no part.
public enum ContainerKind: Equatable, Sendable {
  /// Pictures each preceded by its length in five characters.
  case lengthPrefixed
  /// Pictures one after the other, or one picture.
  case concatenated
  /// A stored `multipart/x-mixed-replace` stream.
  case multipart
  /// RIFF with audio and video interleaved.
  case avi
  /// Video that is not read here, by its name with an article; pictures in it can be put into
  /// another container as they are.
  case foreign(String)
  /// Something else that is known by its name with an article: video that is never Motion-JPEG, or
  /// no video.
  case other(String, isVideo: Bool)
  /// None of these.
  case unknown

  static let quickTime = ContainerKind.foreign("an MP4 or QuickTime file")
  static let matroska = ContainerKind.foreign("a Matroska or WebM file")

  /// How much of a file is to be looked at.
  public static let headBytes = 2048

  /// Looks at a file's first bytes: ``headBytes``, or all when there are fewer.
  public init(_ bytes: Span<UInt8>) {
    let head = bytes.extracting(first: Self.headBytes)
    if JPEGExtent.isPicture(head, at: 0) {
      self = .concatenated
    } else if AVIReader.isAVI(head) {
      self = .avi
    } else if LengthPrefixedReader.length(in: head, at: 0) != nil {
      self = .lengthPrefixed
    } else if let known = Self.signatures.first(where: { $0.matches(head) }) {
      self = known.kind
    } else if MultipartReader(head: head) != nil {
      self = .multipart
    } else {
      self = .unknown
    }
  }

  /// A short name for people; empty for what cannot be read.
  public var name: String {
    switch self {
    case .lengthPrefixed: "length-prefixed"
    case .concatenated: "concatenated JPEG"
    case .multipart: "multipart"
    case .avi: "AVI"
    case .foreign, .other, .unknown: ""
    }
  }

  /// Whether somebody would expect a file that begins with `head` to play, whatever its name.
  public static func isLikelyVideo(_ head: Span<UInt8>) -> Bool {
    switch ContainerKind(head) {
    case .concatenated, .multipart, .avi, .foreign: true
    case .other(_, let isVideo): isVideo
    // Any text may begin with a number.
    case .lengthPrefixed: JPEGExtent.isPicture(head, at: LengthPrefixedReader.prefixLength)
    case .unknown: false
    }
  }

  /// Why such a file cannot be played, and the command that helps; nil when it can be read.
  public func refusal(named name: String) -> String? {
    let convert = "convert it with: \(FFmpegCommand.convert(name))"
    switch self {
    case .lengthPrefixed, .concatenated, .multipart, .avi: return nil
    case .foreign(let what):
      return "\(what), which is not read here; if the video in it is Motion-JPEG, "
        + "put it into an AVI file without loss: \(FFmpegCommand.remux(name))"
    case .other(let what, isVideo: true): return "\(what), not Motion-JPEG; \(convert)"
    case .other(let what, isVideo: false): return "\(what), no video"
    case .unknown: return "neither Motion-JPEG nor a video that is known here; \(convert)"
    }
  }

  /// What finds the pictures of a file of this kind that begins with `head`; nil for what is not
  /// read. `name` is what the file is called in advice on how to convert it.
  func reader(head: Span<UInt8>, named name: String) -> (any ContainerReader)? {
    switch self {
    case .lengthPrefixed: LengthPrefixedReader()
    case .concatenated: ConcatenatedReader()
    case .avi: AVIReader(named: name)
    case .multipart: MultipartReader(head: head.extracting(first: Self.headBytes))
    case .foreign, .other, .unknown: nil
    }
  }

  /// Bytes by which a kind of file is known.
  private struct Signature {
    var kind: ContainerKind
    /// Offsets and what stands there.
    var marks: [(offset: Int, bytes: [UInt8])]

    init(_ kind: ContainerKind, _ marks: (Int, [UInt8])...) {
      self.kind = kind
      self.marks = marks.map { (offset: $0.0, bytes: $0.1) }
    }

    func matches(_ head: Span<UInt8>) -> Bool {
      marks.allSatisfy { mark in
        guard head.count - mark.offset >= mark.bytes.count else { return false }
        return mark.bytes.indices.allSatisfy { head[mark.offset + $0] == mark.bytes[$0] }
      }
    }
  }

  private static let signatures: [Signature] = {
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    let picture = ["heic", "heix", "mif1", "avif"].map { brand in
      Signature(.other("a HEIF picture", isVideo: false), (4, text("ftyp" + brand)))
    }
    // Each atom begins with its length, which is short but for the pictures' own.
    let atoms = ["ftyp", "moov", "wide", "free", "skip", "pnot"].map { atom in
      Signature(.quickTime, (0, [0]), (4, text(atom)))
    }
    return picture + atoms + [
      Signature(.quickTime, (4, text("mdat"))),
      Signature(.matroska, (0, [0x1A, 0x45, 0xDF, 0xA3])),
      Signature(.foreign("an ASF or WMV file"), (0, [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF])),
      Signature(.foreign("an MXF file"), (0, [0x06, 0x0E, 0x2B, 0x34, 0x02, 0x05, 0x01, 0x01])),
      Signature(.foreign("a NUT file"), (0, text("nut/multimedia container"))),
      Signature(.other("an Ogg file", isVideo: true), (0, text("OggS"))),
      Signature(.other("a Flash video", isVideo: true), (0, text("FLV"))),
      Signature(
        .other("an MPEG transport stream", isVideo: true), (0, [0x47]), (188, [0x47]),
        (376, [0x47])),
      Signature(
        .other("an MPEG transport stream", isVideo: true), (4, [0x47]), (196, [0x47]),
        (388, [0x47])),
      Signature(.other("an MPEG program stream", isVideo: true), (0, [0, 0, 1, 0xBA])),
      Signature(.other("MPEG video", isVideo: true), (0, [0, 0, 1, 0xB3])),
      Signature(.other("raw H.264 or H.265", isVideo: true), (0, [0, 0, 0, 1])),
      Signature(.other("an IVF file", isVideo: true), (0, text("DKIF"))),
      Signature(.other("raw YUV4MPEG2", isVideo: true), (0, text("YUV4MPEG2"))),
      Signature(.other("a GIF picture", isVideo: false), (0, text("GIF8"))),
      Signature(.other("a PNG picture", isVideo: false), (0, [0x89] + text("PNG"))),
      Signature(
        .other("a WebP picture", isVideo: false), (0, text("RIFF")), (8, text("WEBP"))),
      Signature(.other("a WAVE file", isVideo: false), (0, text("RIFF")), (8, text("WAVE"))),
      Signature(.other("a TIFF picture", isVideo: false), (0, text("II*\0"))),
      Signature(.other("a TIFF picture", isVideo: false), (0, text("MM\0*"))),
      Signature(.other("a ZIP archive", isVideo: false), (0, text("PK\u{3}\u{4}"))),
      Signature(.other("a gzip file", isVideo: false), (0, [0x1F, 0x8B, 0x08])),
      Signature(.other("a PDF document", isVideo: false), (0, text("%PDF-"))),
    ]
  }()
}
