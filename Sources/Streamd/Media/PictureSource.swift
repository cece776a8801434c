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

/// The pictures of a folder that are numbered, in the order of their numbers: a video.
struct NumberedPictures: Sendable {
  let folder: Folder
  let paths: [String]
  let identities: [RegularFile.Identity]

  /// Reads a whole picture; nothing if it is not the one that was found.
  func read(_ number: Int) throws(SystemError) -> [UInt8] {
    let file = try folder.file(at: paths[number])
    guard try file.identity() == identities[number] else { return [] }
    return try file.read(identities[number].size, at: 0)
  }

  /// The pictures that make a video of each folder: all files there are `.jpg` or `.jpeg`, at least
  /// two, and differ by a number at the end of their names.
  ///
  /// - Returns: the paths in the order of the numbers, by the folder's path.
  static func find(in paths: [String]) -> [String: [String]] {
    var folders: [String: [(number: Int, path: String)]] = [:]
    var others: Set<String> = []
    for path in paths {
      guard let slash = path.lastIndex(of: "/") else { continue }
      let folder = String(path[..<slash])
      if let number = number(of: path[path.index(after: slash)...]) {
        folders[folder, default: []].append((number, path))
      } else {
        others.insert(folder)
      }
    }
    return folders.filter { $1.count > 1 && !others.contains($0) }.mapValues { pictures in
      pictures.sorted { ($0.number, $0.path) < ($1.number, $1.path) }.map(\.path)
    }
  }

  /// The number at the end of a picture's name; nil when it has none, or is no picture.
  private static func number(of name: Substring) -> Int? {
    guard let dot = name.lastIndex(of: "."),
      ["jpg", "jpeg"].contains(name[name.index(after: dot)...].lowercased())
    else { return nil }
    let digits = name[..<dot].reversed().prefix { $0.isASCII && $0.isNumber }
    return digits.count <= 18 ? Int(String(digits.reversed())) : nil
  }
}
