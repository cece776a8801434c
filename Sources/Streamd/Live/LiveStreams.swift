internal import Reactor
internal import Wire

/// Whoever sends a live source's pictures to us.
protocol LivePublisher: AnyObject {
  /// Another one has taken its place.
  func displaced()
  /// Somebody wants it to end.
  func kick()
  /// As the list of clients has it.
  var report: ClientReport { get }
}

/// Whoever fetches a live source's pictures when somebody wants them.
protocol LiveDemand: AnyObject {
  /// The first viewer has come.
  func wanted()
  /// The last one has gone.
  func unwanted()
}

/// All live sources by their names. What is published is below `live/`; sources that are relayed
/// have names of their own.
final class LiveStreams {
  private struct Entry {
    var stream: LiveStream
    weak var publisher: (any LivePublisher)?
    weak var demand: (any LiveDemand)?
    var isWanted = false
  }

  private let loop: EventLoop
  private let normaliser: LiveNormaliser
  /// For what begins from now on.
  var limits: Limits
  /// Whether a second publisher of a name takes the place of the first.
  var takesOver = false
  /// Told when a source has come or gone.
  var changed: () -> Void = {}
  private var entries: [String: Entry] = [:]

  init(loop: EventLoop, normaliser: LiveNormaliser, limits: Limits) {
    self.loop = loop
    self.normaliser = normaliser
    self.limits = limits
  }

  /// By their names.
  var all: [LiveStream] { entries.values.map(\.stream).sorted { $0.name < $1.name } }

  subscript(name: String) -> LiveStream? { entries[key(of: name)]?.stream }

  /// Whether a source has that name, or could have.
  func has(_ name: String) -> Bool {
    let key = key(of: name)
    return entries[key] != nil || key.hasPrefix(PublishedName.prefix)
  }

  /// Hands a source to `done` once it has a picture.
  ///
  /// 404 when there is none of that name, 503 when no picture comes.
  func find(_ name: String, then done: @escaping (LiveStream.Found) -> Void) {
    guard let stream = self[name] else {
      return done(.failure(RTSPRefusal(.notFound, "nobody publishes \(name.prefix(200))")))
    }
    stream.whenReady(done)
  }

  /// As in the media folder, `video/` may stand before a name.
  private func key(of name: String) -> String {
    let prefix = "video/"
    guard entries[name] == nil, name.hasPrefix(prefix) else { return name }
    return String(name.dropFirst(prefix.count))
  }

  /// As the list of videos has them.
  func reports() -> [VideoReport] {
    all.map { stream in
      var report = VideoReport(name: stream.name)
      report.live = true
      report.state = stream.state.rawValue
      report.frames = stream.counters.frames
      report.damaged = stream.counters.broken
      (report.width, report.height) = (stream.description.width, stream.description.height)
      report.playable = stream.state != .ended
      report.reason = stream.problem ?? ""
      return report
    }
  }

  // MARK: Publishing

  /// Makes somebody the publisher of a name below `live/`.
  ///
  /// - Throws: when the name cannot be, when somebody else publishes it and may not be displaced,
  ///   or when there are too many.
  func publish(
    _ name: String, by publisher: any LivePublisher
  ) throws(PublishRefusal) -> LiveStream {
    try checkPublish(name)
    if let old = entries[name]?.publisher, old !== publisher {
      entries[name]?.publisher = nil
      old.displaced()
    }
    if entries[name] == nil {
      enter(LiveStream(name, isLasting: false, loop: loop, normaliser: normaliser, limits: limits))
    }
    entries[name]?.publisher = publisher
    guard let stream = entries[name]?.stream else { preconditionFailure("it was just entered") }
    stream.begin()
    return stream
  }

  /// A publisher has left. Nothing happens when another one has taken its place.
  func unpublish(_ stream: LiveStream, by publisher: any LivePublisher, reason: String) {
    guard let entry = entries[stream.name], entry.stream === stream,
      entry.publisher == nil || entry.publisher === publisher
    else { return }
    entries[stream.name]?.publisher = nil
    stream.stop(reason)
  }

  /// Everybody who publishes, by the names of what they do.
  var publishers: [any LivePublisher] {
    entries.sorted { $0.key < $1.key }.compactMap { $0.value.publisher }
  }

  /// Whether somebody may publish under a name, as things are now.
  func checkPublish(_ name: String) throws(PublishRefusal) {
    guard PublishedName(name) != nil else { throw .badName }
    guard let entry = entries[name] else {
      guard entries.count < limits.liveStreamsMax else { throw .tooMany(limits.liveStreamsMax) }
      return
    }
    guard entry.publisher == nil || takesOver else { throw .taken(name) }
  }

  // MARK: Relaying

  /// A source that is fetched when somebody wants it, or always.
  ///
  /// - Precondition: no other source has the name.
  func register(_ name: String, onDemand demand: any LiveDemand) -> LiveStream {
    precondition(entries[name] == nil, "a name that is taken")
    let stream = LiveStream(
      name, isLasting: true, loop: loop, normaliser: normaliser, limits: limits)
    enter(stream)
    entries[name]?.demand = demand
    return stream
  }

  /// A source is no longer relayed: its viewers end.
  func unregister(_ stream: LiveStream) { stream.end() }

  // MARK: Keeping

  private func enter(_ stream: LiveStream) {
    entries[stream.name] = Entry(stream: stream)
    stream.audienceChanged = { [unowned self, unowned stream] in audienceChanged(of: stream) }
    stream.ended = { [unowned self, unowned stream] in left(stream) }
    changed()
  }

  private func audienceChanged(of stream: LiveStream) {
    guard let entry = entries[stream.name], entry.stream === stream else { return }
    let isWanted = stream.audience > 0
    guard isWanted != entry.isWanted else { return }
    entries[stream.name]?.isWanted = isWanted
    if isWanted { entry.demand?.wanted() } else { entry.demand?.unwanted() }
  }

  private func left(_ stream: LiveStream) {
    guard let entry = entries[stream.name], entry.stream === stream else { return }
    entries[stream.name] = nil
    changed()
  }
}
