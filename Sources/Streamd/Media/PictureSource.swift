internal import Reactor
internal import Wire

/// Where a medium's pictures are read from. It is a value that the worker can have: what it reads
/// is read only.
enum PictureSource: Sendable {
  /// One file holds them all.
  case file(RegularFile, RegularFile.Identity)
  /// Each is a file of its own.
  case folder(NumberedPictures)

  /// What makes it the same, unchanged.
  enum Identity: Equatable, Sendable {
    case file(RegularFile.Identity)
    case folder([RegularFile.Identity])

    /// All bytes together.
    var size: Int {
      switch self {
      case .file(let identity): identity.size
      case .folder(let identities): identities.reduce(0) { $0 + $1.size }
      }
    }
  }

  var identity: Identity {
    switch self {
    case .file(_, let identity): .file(identity)
    case .folder(let pictures): .folder(pictures.identities)
    }
  }

  /// Reads the picture of an entry of the index.
  ///
  /// - Throws: when it cannot be read, or is not as long as it was.
  func read(
    _ number: Int, _ entry: MotionJPEGIndex.Entry
  ) throws(PicturePacker.Fault) -> [UInt8] {
    let bytes: [UInt8]
    do throws(SystemError) {
      switch self {
      case .file(let file, _): bytes = try file.read(entry.length, at: entry.offset)
      case .folder(let pictures): bytes = try pictures.read(number)
      }
    } catch {
      throw PicturePacker.Fault(reason: error.reason)
    }
    guard bytes.count == entry.length else {
      throw PicturePacker.Fault(reason: "it is not what it was")
    }
    return bytes
  }

  /// The file, if it is one.
  var file: RegularFile? {
    if case .file(let file, _) = self { return file }
    return nil
  }

  /// The pictures, if they are files of their own.
  var pictures: NumberedPictures? {
    if case .folder(let pictures) = self { return pictures }
    return nil
  }

  /// How many files there are.
  var count: Int {
    switch self {
    case .file: 1
    case .folder(let pictures): pictures.paths.count
    }
  }

  /// Whether what has just been read is what was indexed.
  var isUnchanged: Bool {
    switch self {
    case .file(let file, let identity): (try? file.identity()) == identity
    // Each picture is compared when it is read.
    case .folder: true
    }
  }
}
