internal import Reactor
internal import Wire

/// The media folder: which names can be played, and why others cannot.
///
/// Files are indexed when the daemon starts and looked at again whenever they are asked for, so
/// that a file that has changed is indexed anew. Viewers of the old one keep its packets.
final class Catalog {
  private var folder: Folder
  private var rate: FrameRate
  private var limits: Limits
  private let worker: Worker
  private var entries: [String: Entry] = [:]

  private enum Entry {
    case playable(MediaFile)
    case unplayable(RegularFile.Identity, reason: String)

    var identity: RegularFile.Identity {
      switch self {
      case .playable(let media): media.identity
      case .unplayable(let identity, _): identity
      }
    }
  }

  init(folder: Folder, rate: FrameRate, limits: Limits, worker: Worker) {
    self.worker = worker
    self.folder = folder
    self.rate = rate
    self.limits = limits
  }

  /// Serves another folder, or the same one by other rules, from now on. What plays goes on.
  func use(folder: Folder, rate: FrameRate, limits: Limits) {
    if folder.path != self.folder.path || rate != self.rate { entries = [:] }
    self.folder = folder
    self.rate = rate
    self.limits = limits
    scan()
  }

  /// Indexes the folder and names every file that looks like a video and cannot be played.
  func scan() {
    let paths = folder.paths(limit: limits.mediaFilesMax, depth: limits.mediaDepthMax)
    for path in paths {
      guard let file = try? folder.file(at: path), looksLikeVideo(path, file) else { continue }
      do throws(RTSPRefusal) {
        let media = try media(path, file)
        let description = media.description
        Log.info(
          "playable",
          [
            "file": path, "frames": String(description.frameCount),
            "size": "\(description.width)x\(description.height)", "fps": "\(description.rate)",
            "container": media.container,
          ])
      } catch {
        Log.warning("not playable", ["file": path, "reason": error.reason])
      }
    }
  }

  /// The folder, as it was named.
  var path: String { folder.path }

  /// The names of everything that could be played when it was last looked at.
  var playable: [String] {
    entries.compactMap { name, entry in
      if case .playable = entry { name } else { nil }
    }.sorted()
  }

  /// What is in the folder now, as the API tells it: everything that can be played, and what looks
  /// as if it could but cannot.
  func reports() -> [VideoReport] {
    var reports: [VideoReport] = []
    for path in folder.paths(limit: limits.mediaFilesMax, depth: limits.mediaDepthMax) {
      guard let file = try? folder.file(at: path), looksLikeVideo(path, file) else { continue }
      var report = VideoReport(name: path)
      do throws(RTSPRefusal) {
        let media = try media(path, file)
        let description = media.description
        report.frames = description.frameCount
        report.fps = Double(description.rate.numerator) / Double(description.rate.denominator)
        (report.width, report.height) = (description.width, description.height)
        report.durationS = Double(description.duration) / 1_000_000
        report.bytes = media.identity.size
        report.container = media.container
        report.normalised = media.normalised
        report.playable = true
      } catch {
        report.bytes = (try? file.identity().size) ?? 0
        report.reason = error.reason
      }
      reports.append(report)
    }
    return reports
  }

  /// Looks a medium up: the exact path first, then without a leading `video/`.
  ///
  /// - Throws: 404 when there is no such file in the folder, 415 when it cannot be played.
  func media(named name: String) throws(RTSPRefusal) -> MediaFile {
    let (path, file) = try open(name)
    return try media(path, file)
  }

  typealias Packed = Result<(media: MediaFile, packets: PacketBuffer), RTSPRefusal>

  /// Hands the packets of a medium in a layout to `done`: at once if they are there, else when they
  /// have been made. Refusals are those of ``media(named:)``; 503 when the file changes just now.
  func packets(
    named name: String, _ layout: MediaFile.Layout, then done: @escaping (Packed) -> Void
  ) {
    do throws(RTSPRefusal) {
      let (path, file) = try open(name)
      let media = try media(path, file)
      media.pack(layout, from: file, on: worker) { [self] result in
        switch result {
        case .success(let packets): done(.success((media, packets)))
        case .failure(let fault): done(.failure(refusal(fault, media, at: path)))
        }
      }
    } catch {
      done(.failure(error))
    }
  }

  private func refusal(
    _ fault: PicturePacker.Fault, _ media: MediaFile, at path: String
  ) -> RTSPRefusal {
    switch fault {
    case .changed(let reason):
      entries[path] = nil
      Log.warning("the file changes while it is read", ["file": path, "error": reason])
      return RTSPRefusal(.serviceUnavailable, "the file is being changed, try again")
    case .picture(let error):
      entries[path] = .unplayable(media.identity, reason: "\(error)")
      Log.warning("not playable", ["file": path, "reason": "\(error)"])
      return RTSPRefusal(.unsupportedMediaType, "\(error)")
    }
  }

  private func open(_ name: String) throws(RTSPRefusal) -> (path: String, file: RegularFile) {
    let prefix = "video/"
    let names = name.hasPrefix(prefix) ? [name, String(name.dropFirst(prefix.count))] : [name]
    for path in names where Self.isAllowed(path) {
      if let file = try? folder.file(at: path) { return (path, file) }
    }
    throw RTSPRefusal(.notFound, Self.missing)
  }

  /// What is said of a file that is not there, or not for whoever asks.
  static let missing = "there is no such file in the media folder"

  /// Whether a path may be tried at all. The kernel refuses everything outside of the folder; what
  /// is hidden inside of it is refused here.
  private static func isAllowed(_ path: String) -> Bool {
    !path.isEmpty && path.utf8.count <= 1024 && !path.utf8.contains(0)
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.hasPrefix(".")
      }
  }

  private func media(_ path: String, _ file: RegularFile) throws(RTSPRefusal) -> MediaFile {
    guard let identity = try? file.identity() else {
      throw RTSPRefusal(.notFound, "the file cannot be read")
    }
    let entry: Entry
    if let known = entries[path], known.identity == identity {
      entry = known
    } else {
      entry = index(path, file, identity)
      entries[path] = entry
    }
    switch entry {
    case .playable(let media): return media
    case .unplayable(_, let reason): throw RTSPRefusal(.unsupportedMediaType, reason)
    }
  }

  private func index(
    _ path: String, _ file: RegularFile, _ identity: RegularFile.Identity
  ) -> Entry {
    // What is not read at all is told by its first bytes, however large it is.
    if identity.size > 0, let head = try? file.read(ContainerKind.headBytes, at: 0),
      let reason = ContainerKind(head.span).refusal(named: path)
    {
      return .unplayable(identity, reason: reason)
    }
    guard identity.size <= limits.mediaBytesMax else {
      return .unplayable(
        identity, reason: "\(identity.size) bytes, more than \(limits.mediaBytesMax)")
    }
    do {
      let bytes = try file.read(identity.size, at: 0)
      let index = try MotionJPEGIndex(bytes.span, named: path)
      return .playable(MediaFile(name: path, identity: identity, index: index, rate: rate))
    } catch {
      return .unplayable(identity, reason: "\(error)")
    }
  }

  /// Whether somebody would expect this file to play: by its first bytes, or by its name.
  private func looksLikeVideo(_ path: String, _ file: RegularFile) -> Bool {
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
