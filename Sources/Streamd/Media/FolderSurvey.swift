internal import Reactor
internal import Wire

/// What is in the media folder, as the worker has found it.
struct FolderSurvey: Equatable, Sendable {
  /// A file that somebody would expect to play.
  struct File: Equatable, Sendable {
    var identity: RegularFile.Identity
    var looksLikeVideo: Bool
  }

  /// By their paths; those of ``pictures`` are not among them.
  private(set) var files: [String: File] = [:]
  /// Folders of numbered pictures, by their paths.
  private(set) var pictures: [String: NumberedPictures] = [:]
  /// The paths of all that somebody would expect to play, sorted.
  private(set) var names: [String] = []
  /// Every folder there is.
  private(set) var folders: [String] = []
  /// False where descriptors or memory ran out: it tells nothing of what is not in it.
  private(set) var isComplete = true

  /// Nothing.
  init() {}

  /// Looks at a folder; what is the same as in `before` is not looked into again.
  init(of folder: Folder, limits: Limits, before: FolderSurvey) {
    let listing = folder.listing(limit: limits.mediaFilesMax, depth: limits.mediaDepthMax)
    folders = listing.folders
    isComplete = listing.isComplete
    let numbered = NumberedPictures.find(in: listing.files)
    for (path, pictures) in numbered {
      self.pictures[path] = NumberedPictures(
        folder: folder, paths: pictures,
        identities: pictures.compactMap { open($0, in: folder)?.identity })
    }
    let members = Set(numbered.values.joined())
    for path in listing.files where !members.contains(path) {
      guard let (file, identity) = open(path, in: folder) else { continue }
      if let known = before.files[path], known.identity == identity {
        files[path] = known
      } else {
        files[path] = File(identity: identity, looksLikeVideo: Self.looksLikeVideo(path, file))
      }
    }
    // One has vanished just now; the next survey is on its way.
    self.pictures = pictures.filter { $1.paths.count == $1.identities.count }
    names = (files.filter(\.value.looksLikeVideo).map(\.key) + pictures.keys).sorted()
  }

  /// Nil for what has vanished meanwhile.
  private mutating func open(
    _ path: String, in folder: Folder
  ) -> (file: RegularFile, identity: RegularFile.Identity)? {
    do throws(SystemError) {
      let file = try folder.file(at: path)
      return (file, try file.identity())
    } catch {
      if error.isExhaustion { isComplete = false }
      return nil
    }
  }

  /// Whether somebody would expect a file to play: by its first bytes, or by its name.
  private static func looksLikeVideo(_ path: String, _ file: RegularFile) -> Bool {
    if let head = try? file.read(ContainerKind.headBytes, at: 0),
      ContainerKind.isLikelyVideo(head.span)
    {
      return true
    }
    let name = path.lowercased()
    return [".mjpeg", ".mjpg", ".jpeg", ".jpg", ".avi", ".mp4", ".mov", ".mkv"].contains {
      name.hasSuffix($0)
    }
  }
}
