internal import Reactor
internal import Wire

/// The media folder: which names can be played, and why others cannot.
///
/// It follows the folder by itself (inotify). Nothing is read on the loop: the worker looks at the
/// folder, opens files and makes packets. A file that has changed is opened anew; viewers of the
/// old one keep its packets.
final class Catalog {
  private var folder: Folder
  private var rate: FrameRate
  private var limits: Limits
  private let worker: Worker
  private let loop: EventLoop
  private let memory: PacketMemory
  private(set) var watch: FolderWatch?
  private(set) var survey = FolderSurvey()
  private(set) var entries: [String: Entry] = [:]
  /// Those that are being opened and cannot be played yet, also where another has taken the place.
  private var openings: Set<ObjectIdentifier> = []
  /// The paths of files that are still to be opened, the next one last.
  private var unopened: [String] = []
  private var isSurveying = false
  /// What is in the folder is known, by the rate at hand.
  private var isSurveyed = false
  /// The folder has changed since the survey at hand began.
  private var isOutdated = false
  private var waiting: [Patience] = []
  /// Since ``changed`` was told.
  private var hasNews = false
  private var isWatchLimited = false
  /// The folder is looked at again, because it could not be.
  private var again: Patience?
  /// Told when what can be played may have changed.
  var changed: () -> Void = {}

  /// What is known of a file.
  enum Entry {
    case opening(Opening)
    case playable(MediaFile)
    case unplayable(PictureSource.Identity, reason: String)

    var identity: PictureSource.Identity {
      switch self {
      case .opening(let opening): opening.identity
      case .playable(let media): media.identity
      case .unplayable(let identity, _): identity
      }
    }
  }

  init(folder: Folder, rate: FrameRate, limits: Limits, worker: Worker, loop: EventLoop) {
    self.worker = worker
    self.loop = loop
    self.folder = folder
    self.rate = rate
    self.limits = limits
    memory = PacketMemory(bytesMax: limits.mediaMemoryBytes)
  }

  deinit {
    for patience in waiting { loop.deadlines.clear(patience) }
    if let again { loop.deadlines.clear(again) }
    watch?.close()
  }

  /// Serves another folder, or the same one by other rules, from now on. What plays goes on.
  func use(folder: Folder, rate: FrameRate, limits: Limits) {
    if folder.path != self.folder.path || rate != self.rate {
      entries = [:]
      unopened = []
      survey = FolderSurvey()
      isSurveyed = false
    }
    self.folder = folder
    self.rate = rate
    self.limits = limits
    memory.bytesMax = limits.mediaMemoryBytes
    watch?.forget()
    refresh()
  }

  /// The folder, as it was named.
  var path: String { folder.path }

  /// The names of everything that could be played when it was last looked at.
  var playable: [String] { entries.keys.filter(isPlayable).sorted() }

  /// Whether a file can be played now.
  func isPlayable(_ name: String) -> Bool {
    switch entries[name] {
    case .playable: true
    case .opening(let opening): opening.media != nil
    case .unplayable, nil: false
    }
  }

  // MARK: The folder

  /// Follows the folder from now on.
  func follow() {
    do throws(SystemError) {
      watch = try FolderWatch(on: loop) { [weak self] in self?.refresh() }
    } catch {
      Log.warning("changes in the media folder are not noticed", ["reason": error.reason])
    }
    refresh()
  }

  /// Has the folder looked at, and opens what is new in it.
  func refresh() {
    guard !isSurveying else {
      isOutdated = true
      return
    }
    (isSurveying, isOutdated) = (true, false)
    watchFolders(["."])
    let (folder, limits, before) = (folder, limits, survey)
    let known = Array(entries.keys)
    do throws(SystemError) {
      try worker.perform({
        let survey = FolderSurvey(of: folder, limits: limits, before: before)
        let gone = known.filter { path in
          survey.isComplete && survey.files[path] == nil && survey.pictures[path] == nil
            && (try? folder.file(at: path)) == nil
        }
        return (survey, gone)
      }) { [weak self] (survey, gone) in
        self?.take(survey, gone)
      }
    } catch {
      Log.warning("cannot look at the media folder", ["reason": error.reason])
      isSurveying = false
      hasChanged()
    }
  }

  private func take(_ survey: FolderSurvey, _ gone: [String]) {
    isSurveying = false
    guard survey.isComplete else { return lookAgain() }
    if let again { loop.deadlines.clear(again) }
    again = nil
    hasNews = hasNews || survey != self.survey || !gone.isEmpty
    self.survey = survey
    isSurveyed = true
    for path in gone {
      entries[path] = nil
      Log.info("no longer there", ["file": path])
    }
    for (path, pictures) in survey.pictures { open(path, .folder(pictures)) }
    unopened = survey.files.filter { path, file in
      file.looksLikeVideo && entries[path]?.identity != .file(file.identity)
    }.map(\.key).sorted(by: >)
    openNext()
    // What has come into a new folder before it was watched has not been heard of.
    if watchFolders(survey.folders) || isOutdated { return refresh() }
    hasChanged()
  }

  /// Descriptors or memory ran out: what was known stays known, until there are some again.
  private func lookAgain() {
    if again == nil {
      Log.warning(
        "cannot look at the media folder", ["reason": "no descriptors or memory are left"])
    }
    let patience = again ?? Patience { [weak self] _ in self?.refresh() }
    again = patience
    loop.deadlines.set(patience, at: loop.now + Self.againNanoseconds)
    hasChanged()
  }

  private static let againNanoseconds: Instant = 1_000_000_000

  /// Opens a few at a time: each is a descriptor. An empty file is one that somebody has just made
  /// and will write to.
  private func openNext() {
    while openings.count < Self.openingsMax, let path = unopened.popLast() {
      guard watch?.isBeingWritten(path) != true, let file = try? folder.file(at: path),
        let identity = try? file.identity(), identity.size > 0
      else { continue }
      open(path, .file(file, identity))
    }
  }

  private static let openingsMax = 8

  /// True when one of them is watched for the first time.
  @discardableResult
  private func watchFolders(_ paths: [String]) -> Bool {
    guard let watch else { return false }
    do throws(SystemError) {
      return try watch.watch(paths, below: folder) && paths != ["."]
    } catch {
      if !isWatchLimited {
        Log.warning(
          "changes in some media folders are not noticed",
          ["reason": error.reason, "hint": "raise fs.inotify.max_user_watches"])
      }
      isWatchLimited = true
      return false
    }
  }

  /// Opens a medium unless it is known, unchanged.
  @discardableResult
  private func open(_ path: String, _ source: PictureSource) -> Entry {
    if let known = entries[path], known.identity == source.identity { return known }
    guard !path.hasPrefix(PublishedName.prefix) else { return reserve(path, source) }
    let opening = Opening(path, source, rate: rate, on: worker, loop) { [weak self] in
      self?.opened($0, $1)
    }
    opening.playable = { [weak self, unowned opening] in
      self?.openings.remove(ObjectIdentifier(opening))
      self?.openNext()
      self?.hasChanged()
    }
    entries[path] = .opening(opening)
    openings.insert(ObjectIdentifier(opening))
    opening.goOn()
    return entries[path] ?? .opening(opening)
  }

  private func reserve(_ path: String, _ source: PictureSource) -> Entry {
    let reason = "names below live/ are those of what is published: move it to another folder"
    let entry = Entry.unplayable(source.identity, reason: reason)
    entries[path] = entry
    hasNews = true
    Log.warning("not playable", ["file": path, "reason": reason])
    return entry
  }

  private func opened(_ opening: Opening, _ result: Opening.Opened) {
    let path = opening.path
    openings.remove(ObjectIdentifier(opening))
    openNext()
    // Another one may have taken its place, and have waited for this one to end.
    guard case .opening(let current) = entries[path], current === opening else {
      return hasChanged()
    }
    switch result {
    case .success(let media):
      entries[path] = .playable(media)
      Self.note(media)
    case .failure(.unplayable(let reason)):
      entries[path] = .unplayable(opening.identity, reason: reason)
      Log.warning("not playable", ["file": path, "reason": reason])
    case .failure(.changed(let reason)):
      entries[path] = nil
      Log.warning("the file changes while it is read", ["file": path, "error": reason])
    }
    hasNews = true
    hasChanged()
  }

  private static func note(_ media: MediaFile) {
    let description = media.description
    Log.info(
      "playable",
      [
        "file": description.name, "frames": String(description.frameCount),
        "size": "\(description.width)x\(description.height)", "fps": "\(description.rate)",
        "container": media.container,
      ])
    if let fault = media.fault {
      Log.warning(
        "damaged pictures are left out",
        ["file": description.name, "count": String(media.damaged), "first": "\(fault)"])
    }
    if let cutOff = media.cutOff {
      Log.warning(
        "the file was cut off, and plays as far as it goes",
        ["file": description.name, "reason": "\(cutOff)"])
    }
    if isTooLargeForFFmpeg(description) {
      Log.warning(
        "FFmpeg will not show this over RTSP", ["file": description.name, "reason": large])
    }
  }

  /// RFC 2435 has no place for larger sizes; ours is in the session description, where FFmpeg does
  /// not look.
  static func isTooLargeForFFmpeg(_ description: MediaDescription) -> Bool {
    max(description.width, description.height) > RTPJPEGFrame.sideMax
  }

  static let large =
    "larger than \(RTPJPEGFrame.sideMax) pixels: GStreamer and live555 show it, FFmpeg cannot"

  // MARK: Looking up

  typealias Found = Result<MediaFile, RTSPRefusal>

  /// Looks a medium up: the exact path first, then without a leading `video/`; hands it to `done`,
  /// at once if it is known, else when it has been opened.
  ///
  /// 404 when there is no such file in the folder, 415 when it cannot be played, 503 when it is
  /// being changed.
  func media(named name: String, then done: @escaping (Found) -> Void) {
    do throws(RTSPRefusal) {
      let (path, source) = try find(name)
      media(path, source, then: done)
    } catch {
      done(.failure(error))
    }
  }

  typealias Packed = Result<(media: MediaFile, packets: PacketSlices), RTSPRefusal>

  /// Hands the packets of a medium in a layout to `done` when those of the frame are there, or of
  /// the frame next to it that exists. Refusals are those of ``media(named:then:)``.
  func packets(
    named name: String, _ layout: MediaFile.Layout, frame: Int = 0,
    then done: @escaping (Packed) -> Void
  ) {
    do throws(RTSPRefusal) {
      let (path, source) = try find(name)
      media(path, source) { [self] found in
        switch found {
        case .failure(let refusal): done(.failure(refusal))
        case .success(let media):
          let packets = media.packets(layout, from: source, on: worker, in: memory)
          let opened = packets.source
          let frame = min(max(0, frame), media.description.frameCount - 1)
          packets.load(frame) { [self] loaded in
            // Open until there is a viewer that keeps it so.
            withExtendedLifetime(opened) {
              switch loaded {
              case .success: done(.success((media, packets)))
              case .failure(let fault): done(.failure(refusal(fault, media, at: path)))
              }
            }
          }
        }
      }
    } catch {
      done(.failure(error))
    }
  }

  private func media(
    _ path: String, _ source: PictureSource, then done: @escaping (Found) -> Void
  ) {
    switch open(path, source) {
    case .playable(let media): done(.success(media))
    case .unplayable(_, let reason):
      done(.failure(RTSPRefusal(.unsupportedMediaType, reason)))
    case .opening(let opening):
      opening.wait { opened in
        switch opened {
        case .success(let media): done(.success(media))
        case .failure(.unplayable(let reason)):
          done(.failure(RTSPRefusal(.unsupportedMediaType, reason)))
        case .failure(.changed): done(.failure(Self.isChanging))
        }
      }
    }
  }

  private func refusal(
    _ fault: PicturePacker.Fault, _ media: MediaFile, at path: String
  ) -> RTSPRefusal {
    if case .playable(let current) = entries[path], current === media { entries[path] = nil }
    Log.warning("the file changes while it is read", ["file": path, "error": fault.reason])
    return Self.isChanging
  }

  private static let isBeingLookedAt = RTSPRefusal(
    .serviceUnavailable, "the media folder is being looked at, try again")
  private static let isChanging = RTSPRefusal(
    .serviceUnavailable, "the file is being changed, try again")

  /// What a name stands for: with a leading `video/` that is no folder's, what is behind it.
  func name(asked name: String) -> String {
    guard entries[name] == nil, name.hasPrefix(Self.prefix) else { return name }
    return String(name.dropFirst(Self.prefix.count))
  }

  private static let prefix = "video/"

  private func find(_ name: String) throws(RTSPRefusal) -> (path: String, source: PictureSource) {
    watch?.drain()
    let prefix = Self.prefix
    let names = name.hasPrefix(prefix) ? [name, String(name.dropFirst(prefix.count))] : [name]
    for path in names where Self.isAllowed(path) {
      if let pictures = survey.pictures[path] { return (path, .folder(pictures)) }
      let source: PictureSource
      do throws(SystemError) {
        let file = try folder.file(at: path)
        source = .file(file, try file.identity())
      } catch {
        // A machine that has no descriptor left has the file all the same.
        if error.isExhaustion { throw RTSPRefusal(.serviceUnavailable, error.reason) }
        // Of a folder it is not known yet whether it is one of numbered pictures.
        if !isSurveyed, folder.hasFolder(at: path) { throw Self.isBeingLookedAt }
        continue
      }
      guard watch?.isBeingWritten(path) != true else { throw Self.isChanging }
      return (path, source)
    }
    throw RTSPRefusal(.notFound, Self.missing)
  }

  /// What is said of a file that is not there, or not for whoever asks.
  static let missing = "there is no such file in the media folder"

  /// Whether a path may be tried at all. The kernel refuses everything outside of the folder; what
  /// is hidden inside of it is refused here.
  private static func isAllowed(_ path: String) -> Bool {
    !path.isEmpty && path.utf8.count <= 1024 && !path.utf8.contains(0)
      && path.split(at: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0.utf8.first != UInt8(ascii: ".")
      }
  }

  // MARK: Telling

  /// Calls `done` when the folder has been looked at as it is now, and what is in it can be played
  /// or not, or so many seconds have passed.
  func settled(within seconds: Int = 1, then done: @escaping () -> Void) {
    watch?.drain()
    // Without a watch nobody has told what has changed.
    if watch == nil { refresh() }
    guard !isSettled else { return done() }
    let patience = Patience { [unowned self] patience in
      waiting.removeAll { $0 === patience }
      done()
    }
    waiting.append(patience)
    loop.deadlines.set(patience, at: loop.now + Instant(seconds) * 1_000_000_000)
  }

  private var isSettled: Bool { !isSurveying && openings.isEmpty && unopened.isEmpty }

  private func hasChanged() {
    guard isSettled else { return }
    if hasNews { changed() }
    hasNews = false
    for patience in waiting {
      loop.deadlines.clear(patience)
      patience.wake(at: loop.now)
    }
  }
}
