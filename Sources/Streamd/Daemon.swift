internal import Reactor
internal import Wire

/// The map of the program: what there is, and how it begins and ends.
final class Daemon {
  private let loop: EventLoop
  private let arguments: Arguments
  private var configuration: Configuration
  private let catalog: Catalog
  private let control: Control
  private let access: Access
  private let http: HTTPServer
  private let housekeeping: Housekeeping
  private let probe: LoopProbe
  private let service: Service
  private var inherited: [InheritedSocket]
  private var signals: Signals?
  /// Waits for the last files when the daemon ends.
  private var ending: Patience?

  /// Why the daemon cannot begin, with the way out.
  struct StartError: Error {
    var message: String
  }

  /// - Parameters:
  ///   - arguments: what the configuration was made of, to make it anew.
  ///   - environment: what the service manager has left there.
  init(
    _ configuration: Configuration, _ arguments: Arguments, environment: [String: String]
  ) throws(StartError) {
    self.configuration = configuration
    self.arguments = arguments
    inherited = InheritedSocket.take(environment: environment)
    do throws(SystemError) {
      loop = try EventLoop()
    } catch {
      throw StartError(message: "cannot make an event loop: \(error)")
    }
    let limits = configuration.limits
    let metrics = Metrics()
    let activity = ActivityLog(loop: loop)
    access = Access(loop: loop, metrics: metrics, limits: limits)
    access.use(configuration.users, tokenSecret: configuration.tokenKey)
    access.addresses = configuration.addresses
    let media = try Self.media(configuration)
    let worker: Worker
    let normaliser: LiveNormaliser
    do throws(SystemError) {
      worker = try Worker(on: loop)
      normaliser = LiveNormaliser(try Worker(on: loop))
    } catch {
      throw StartError(message: "cannot prepare a worker: \(error)")
    }
    catalog = Catalog(
      folder: media, rate: configuration.rate, limits: limits, worker: worker, loop: loop)
    let live = LiveStreams(loop: loop, normaliser: normaliser, limits: limits)
    live.takesOver = configuration.publishTakeover
    let rtsp = RTSPServer(
      loop: loop, catalog: catalog, live: live, limits: limits, activity: activity,
      rtpPorts: configuration.ownPorts, segmentBytes: configuration.rtpPacketBytes,
      metrics: metrics, access: access)
    let viewers = ViewerSessions(
      loop: loop, activity: activity, buffer: rtsp.buffer, ports: rtsp.ports,
      allowed: configuration.allowedServers, sessionsMax: limits.viewerSessionsMax)
    viewers.pass = { [unowned access] in access.pass(for: $0) }
    viewers.lets = { [unowned rtsp] in $0.sees(rtsp.name(asked: $1)) }
    rtsp.arrivals.isOwn = { [unowned viewers] in viewers.isConnected(from: $0) }
    viewers.revoke = { [unowned access] in access.revoke($0) }
    let recordings = Recordings(
      loop: loop, activity: activity, folder: try Self.recordings(configuration), limits: limits)
    let control = Control(
      loop: loop, catalog: catalog, rtsp: rtsp, viewers: viewers, recordings: recordings,
      activity: activity, rtspAddress: configuration.rtsp)
    self.control = control
    control.siblings = Siblings(
      number: configuration.instance, addresses: configuration.instances.map(\.description))
    rtsp.isShared = configuration.reusePort
    http = HTTPServer(
      control: control, limits: limits, buffer: rtsp.buffer,
      www: try Self.pages(configuration), allowedHosts: configuration.allowedHosts)
    http.isShared = configuration.reusePort
    Self.useMulticast(configuration, control)
    housekeeping = Housekeeping(viewers, loop: loop, limits: limits) {
      control.recordings.active.isEmpty && control.isUnwatched
    }
    probe = LoopProbe(metrics, loop: loop, limits: limits)
    probe.changed = { [unowned rtsp] in rtsp.becameFull($0) }
    service = Service(loop: loop, manager: ServiceManager(environment: environment)) {
      control.summary
    }
    access.loggedOut = { [unowned http] in http.recheck() }
  }

  /// Serves until a signal says to end.
  func run() throws(StartError) {
    catalog.follow()
    do throws(SystemError) {
      signals = try Signals(on: loop) { [unowned self] in received($0) }
    } catch {
      throw StartError(message: "cannot receive signals: \(error)")
    }
    control.drained = { [unowned self] in end() }
    try listen()
    housekeeping.begin()
    probe.begin()
    control.relays.use(configuration.sources)
    catalog.settled(within: Self.startSeconds) { [self] in announce() }
    do throws(SystemError) {
      try loop.run()
    } catch {
      throw StartError(message: "the event loop has failed: \(error)")
    }
  }

  /// Whoever waits for the start wants the files as well, but not for ever.
  private static let startSeconds = 10

  /// Says that everything is there, and where.
  private func announce() {
    control.relays.warn(of: catalog.playable)
    let announcement = Announcement(
      http: http.ownAddress ?? http.address, rtsp: control.rtsp.address, playable: catalog.playable,
      media: catalog.path)
    Process.writeOutput(announcement.text)
    service.ready()
  }

  /// Opens both ports, or takes them over from the service manager.
  private func listen() throws(StartError) {
    try listenAlone()
    do throws(SystemError) {
      if let socket = takeInherited("http", configuration.http) {
        try http.start(inherited: socket)
      } else {
        try http.start(on: configuration.http)
      }
      if let socket = takeInherited("rtsp", configuration.rtsp) {
        try control.rtsp.adopt(socket)
      }
    } catch {
      throw StartError(message: Self.cannotListen(configuration.http, "--http", error))
    }
    for socket in inherited {
      Log.warning(
        "an inherited socket is not wanted", ["name": socket.name, "address": "\(socket.address)"])
    }
    inherited = []
    if let address = http.address, !address.isLoopback, !access.isOn {
      Log.warning("anyone who can reach this address can control", ["http": "\(address)"])
    }
    if configuration.start, let problem = control.startServer() {
      throw StartError(message: "\(problem.detail); \(problem.hint)")
    }
  }

  /// Opens the port of this instance alone, where it shares the others.
  private func listenAlone() throws(StartError) {
    guard let own = configuration.control else { return }
    do throws(SystemError) {
      try http.startOwn(on: own)
    } catch {
      throw StartError(message: Self.cannotListen(own, "--instances", error))
    }
    control.stopListening = { [unowned self] in
      guard configuration.reusePort else { return }
      // The kernel gives new connections to the others then.
      control.rtsp.stopListening()
      http.stopListening()
    }
  }

  /// The socket that was opened for one of our ports: by its name, else by its port.
  private func takeInherited(_ name: String, _ address: SocketAddress) -> InheritedSocket? {
    let index =
      inherited.firstIndex { $0.name == name }
      ?? inherited.firstIndex { $0.address.port == address.port }
    return index.map { inherited.remove(at: $0) }
  }

  private static func cannotListen(
    _ address: SocketAddress, _ flag: String, _ error: SystemError
  ) -> String {
    var hint = ""
    if error.isAddressInUse {
      hint = "; another program uses the port, choose one with \(flag) HOST:PORT (0: any free one)"
    } else if error.isAddressNotAvailable {
      hint = "; the address is not one of this machine's"
    }
    return "cannot listen on \(address): \(error.reason)\(hint)"
  }

  private func received(_ signal: Signals.Signal) {
    switch signal {
    case .interrupt, .terminate:
      Log.info("stopping", ["signal": "\(signal)"])
      end()
    case .hangup:
      service.reloading()
      reload()
      service.ready()
    }
  }

  /// Says goodbye to everybody, and lets the loop end.
  private func end() {
    service.stopping()
    // Before their sources are gone, which would be given as the reason.
    endRecordings()
    control.stopServer()
    // Of other servers there may be some even where ours does not run.
    control.viewers.teardownAll("streamd is stopping")
    control.relays.stop()
    http.stop()
  }

  /// Ends the loop when the files of all recordings are closed, or a disk takes too long for that;
  /// at once when it is asked for again.
  private func endRecordings() {
    guard ending == nil else { return loop.stop() }
    let patience = Patience { [loop] _ in loop.stop() }
    ending = patience
    loop.deadlines.set(patience, at: loop.now + Self.endNanoseconds)
    control.recordings.endAll { [loop] in
      loop.deadlines.clear(patience)
      loop.stop()
    }
  }

  private static let endNanoseconds: Instant = 3_000_000_000

  // MARK: Configuration

  /// Reads the configuration again. One that cannot be is told of, and the old one kept.
  private func reload() {
    do throws(Configuration.Fault) {
      let next = try arguments.configuration()
      try apply(next)
    } catch {
      control.activity.note(
        .error, "the configuration is kept as it was", ["reason": error.message])
    }
  }

  private func apply(_ next: Configuration) throws(Configuration.Fault) {
    let changed = Setting.all.filter { $0.show(configuration) != $0.show(next) }
    let media: Folder
    let recordings: Folder?
    do throws(StartError) {
      media = try Self.media(next)
      recordings = try Self.recordings(next)
    } catch {
      throw Configuration.Fault(message: error.message)
    }
    Log.configure(next.logLevel, next.logFormat)
    catalog.use(folder: media, rate: next.rate, limits: next.limits)
    control.live.limits = next.limits
    control.live.takesOver = next.publishTakeover
    control.rtsp.limits = next.limits
    // Which instance this is among how many does not change while it runs.
    let siblings = control.siblings
    control.rtsp.ports.use(next.ports(of: siblings.number, among: siblings.addresses.count))
    Self.useMulticast(next, control)
    control.recordings.folder = recordings
    control.recordings.limits = next.limits
    control.viewers.allowed = next.allowedServers
    control.viewers.sessionsMax = next.limits.viewerSessionsMax
    control.relays.use(next.sources)
    control.relays.warn(of: catalog.playable)
    access.use(next.users, tokenSecret: next.tokenKey)
    access.addresses = next.addresses
    access.limits = next.limits
    control.rtsp.recheck()
    http.recheck()
    http.limits = next.limits
    http.policy.allowedHosts = next.allowedHosts
    housekeeping.limits = next.limits
    probe.loadPercentMax = next.limits.loadPercentMax
    var names = changed.map(\.name)
    if next.tokenKey != configuration.tokenKey, !names.contains("token_key") {
      names.append("token_key")
    }
    configuration = next
    control.activity.note(
      .info, "the configuration was read again",
      ["changed": names.isEmpty ? "nothing" : names.joined(separator: ",")])
    for setting in changed where setting.reload == .restart {
      Log.warning("this change takes effect after a restart", ["key": setting.name])
    }
  }

  private static func useMulticast(_ configuration: Configuration, _ control: Control) {
    control.rtsp.groups.settings = configuration.multicast
    control.rtsp.groups.interface = configuration.multicastInterface
    control.viewers.interface = configuration.multicastInterface
    control.relays.interface = configuration.multicastInterface
  }

  // MARK: Folders

  private static func media(_ configuration: Configuration) throws(StartError) -> Folder {
    try folder("media", configuration.media, "video")
  }

  /// Nil where nothing is recorded.
  private static func recordings(_ configuration: Configuration) throws(StartError) -> Folder? {
    try configuration.recordings.map { path throws(StartError) in
      try folder("recordings", path, "recordings")
    }
  }

  /// Looks whether the folders are there that a configuration names.
  static func check(_ configuration: Configuration) throws(Configuration.Fault) {
    do throws(StartError) {
      _ = try media(configuration)
      _ = try recordings(configuration)
      if configuration.www != nil { _ = try pages(configuration) }
    } catch {
      throw Configuration.Fault(message: error.message)
    }
  }

  /// The dashboard's files. Without them players and scripts are served all the same.
  private static func pages(_ configuration: Configuration) throws(StartError) -> Folder? {
    do throws(StartError) {
      return try folder("www", configuration.www, "www")
    } catch {
      if configuration.www != nil { throw error }
      Log.warning("there is no dashboard", ["reason": error.message])
      return nil
    }
  }

  /// The folder that was asked for; else where an installed program has it, then the source tree
  /// that the program was built in, then the one here.
  private static func folder(
    _ purpose: String, _ path: String?, _ name: String
  ) throws(StartError) -> Folder {
    if let path {
      do throws(SystemError) {
        return try Folder(path)
      } catch {
        throw StartError(message: "cannot open the \(purpose) folder \(path): \(error.reason)")
      }
    }
    let installed = Process.ancestors.first.map { ["\($0)/../share/streamd/\(name)"] } ?? []
    let source = Process.ancestors.filter {
      (try? Folder($0).file(at: "Package.swift")) != nil
    }
    for candidate in installed + source.map({ "\($0)/\(name)" }) + [name] {
      if let folder = try? Folder(candidate) { return folder }
    }
    throw StartError(message: "there is no folder `\(name)` here; name one with --\(purpose) DIR")
  }
}
