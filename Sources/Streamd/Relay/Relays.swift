internal import Reactor
internal import Wire

/// All configured sources.
final class Relays {
  let loop: EventLoop
  let activity: ActivityLog
  let live: LiveStreams
  let buffer: ReceiveBuffer
  let ports: PortAllocator
  /// The interface that multicast comes by; nil leaves it to the routes.
  var interface: String?
  let resolver: NameResolver
  let patience: RelaySchedule.Patience
  private var relays: [String: Relay] = [:]
  /// Names of sources that stand before a file, and were told of.
  private var shadowed: Set<String> = []
  /// Told when a source's state has changed.
  var changed: () -> Void = {}

  init(
    loop: EventLoop, activity: ActivityLog, live: LiveStreams, buffer: ReceiveBuffer,
    ports: PortAllocator, resolver: NameResolver? = nil,
    patience: RelaySchedule.Patience = RelaySchedule.Patience()
  ) {
    self.loop = loop
    self.activity = activity
    self.live = live
    self.buffer = buffer
    self.ports = ports
    self.resolver = resolver ?? NameResolver(loop: loop)
    self.patience = patience
  }

  /// By name.
  var all: [Relay] { relays.values.sorted { $0.settings.name < $1.settings.name } }

  subscript(name: String) -> Relay? { relays[name] }

  /// Relays these and no others from now on. What has not changed is left alone.
  func use(_ sources: [SourceSettings]) {
    let wanted = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0) })
    for (name, relay) in relays where wanted[name] != relay.settings {
      relay.end()
      relays[name] = nil
      activity.note(.info, "source is relayed no longer", ["source": name])
    }
    for settings in sources where relays[settings.name] == nil {
      let relay = Relay(settings, home: self)
      relays[settings.name] = relay
      activity.note(
        .info, "source is relayed",
        ["source": settings.name, "url": settings.url.shown, "mode": settings.mode.rawValue])
      relay.begin()
    }
    shadowed.formIntersection(wanted.keys)
    changed()
  }

  /// Says which files cannot be reached any more, because a source has their name.
  func warn(of files: [String]) {
    for name in files where relays[name] != nil && shadowed.insert(name).inserted {
      activity.note(.warning, "a source hides the file of its name", ["source": name])
    }
  }

  /// Ends all of them.
  func stop() { use([]) }

  /// What is told of the sources, and of what is published, by name.
  func reports() -> [SourceReport] {
    let publishers = Dictionary(
      live.publishers.map(\.report).map { ($0.videoFile, $0) },
      uniquingKeysWith: { first, _ in
        first
      })
    let published = live.all.filter { relays[$0.name] == nil }.map { stream in
      let publisher = publishers[stream.name]
      var report = SourceReport(name: stream.name)
      report.mode = "published"
      report.state = stream.state == .live ? "playing" : stream.state.rawValue
      report.transport = publisher?.transport ?? ""
      (report.packets, report.lost) = (publisher?.packets ?? 0, publisher?.lost ?? 0)
      report.jitterMs = publisher?.jitterMs ?? 0
      report.frames = stream.counters.frames
      let rates = stream.rates
      report.fps = Relay.rounded(rates.framesPerSecond)
      report.dataRateKbps = Relay.rounded(rates.kilobitsPerSecond)
      report.framesSkipped = stream.counters.broken
      report.viewers = stream.audience
      report.lastError = stream.problem ?? ""
      return report
    }
    return (all.map(\.report) + published).sorted { $0.name < $1.name }
  }
}
