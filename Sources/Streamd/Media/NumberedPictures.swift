internal import Reactor

/// The pictures of a folder that are numbered, in the order of their numbers: a video.
struct NumberedPictures: Equatable, Sendable {
  let folder: Folder
  let paths: [String]
  let identities: [RegularFile.Identity]

  /// The same pictures, unchanged.
  static func == (a: NumberedPictures, b: NumberedPictures) -> Bool {
    a.paths == b.paths && a.identities == b.identities
  }

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
