internal import Reactor
internal import Wire

/// The map of the program: what there is, and how it begins and ends.
final class Daemon {
  private let loop: EventLoop
  private let options: Options
  private let catalog: Catalog
  private let control: Control
  private let http: HTTPServer
  private let housekeeping: Housekeeping
  private var signals: Signals?

  /// Why the daemon cannot begin, with the way out.
  struct StartError: Error {
    var message: String
  }

  init(_ options: Options) throws(StartError) {
    self.options = options
    do throws(SystemError) {
      loop = try EventLoop()
    } catch {
      throw StartError(message: "cannot make an event loop: \(error)")
    }
    var limits = Limits()
    limits.sessionTimeoutSeconds = options.sessionTimeoutSeconds
    let activity = ActivityLog(loop: loop)
    catalog = Catalog(
      folder: try Self.folder("media", options.media, "video"), rate: options.rate, limits: limits)
    let rtsp = RTSPServer(
      loop: loop, catalog: catalog, limits: limits, activity: activity,
      rtpPorts: options.rtpPorts)
    let viewers = ViewerSessions(
      loop: loop, activity: activity, buffer: rtsp.buffer, ports: rtsp.ports,
      allowed: options.allowedServers, sessionsMax: limits.viewerSessionsMax)
    control = Control(
      loop: loop, catalog: catalog, rtsp: rtsp, viewers: viewers, activity: activity,
      rtspAddress: options.rtsp)
    http = HTTPServer(
      control: control, limits: limits, buffer: rtsp.buffer, www: try Self.pages(options.www))
    housekeeping = Housekeeping(viewers, loop: loop, limits: limits)
  }

  /// Serves until a signal says to end.
  func run() throws(StartError) {
    catalog.scan()
    do throws(SystemError) {
      signals = try Signals(on: loop) { [unowned self] in received($0) }
    } catch {
      throw StartError(message: "cannot receive signals: \(error)")
    }
    do throws(SystemError) {
      try http.start(on: options.http)
    } catch {
      throw StartError(message: Self.cannotListen(options.http, "--http", error))
    }
    if options.start, let problem = control.startServer() {
      throw StartError(message: "\(problem.detail); \(problem.hint)")
    }
    housekeeping.begin()
    announce()
    do throws(SystemError) {
      try loop.run()
    } catch {
      throw StartError(message: "the event loop has failed: \(error)")
    }
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

  /// What a person does next, on standard output.
  private func announce() {
    var text = ""
    if let address = http.address {
      text += "streamd \(version): dashboard http://\(Self.reachable(address))/\n"
      if !address.isLoopback {
        Log.warning("anyone who can reach this address can control", ["http": "\(address)"])
      }
    }
    guard let address = control.rtsp.address else {
      return Process.writeOutput(text + "RTSP is stopped: start it there, or with --start\n")
    }
    text += "RTSP on \(address)\n"
    let urls = catalog.playable.map {
      "rtsp://\(Self.reachable(address))/\(PercentEncoding.encode($0))"
    }
    for url in urls.prefix(20) { text += "  \(url)\n" }
    if urls.count > 20 { text += "  … and \(urls.count - 20) more\n" }
    if let first = urls.first {
      text += "watch it:  ffplay -fflags nobuffer \(first)\n"
    } else {
      text += "no playable file yet: put Motion-JPEG files into \(catalog.path)\n"
    }
    Process.writeOutput(text)
  }

  private static func reachable(_ address: SocketAddress) -> String {
    address.isUnspecified ? "127.0.0.1:\(address.port)" : "\(address)"
  }

  private func received(_ signal: Signals.Signal) {
    switch signal {
    case .interrupt, .terminate:
      Log.info("stopping", ["signal": "\(signal)"])
      control.stopServer()
      http.stop()
      loop.stop()
    case .hangup:
      Log.info("there is no configuration to read again")
    }
  }

  /// The dashboard's files. Without them players and scripts are served all the same.
  private static func pages(_ path: String?) throws(StartError) -> Folder? {
    do throws(StartError) {
      return try folder("www", path, "www")
    } catch {
      if path != nil { throw error }
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
