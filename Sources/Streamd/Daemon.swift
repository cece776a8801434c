internal import Reactor
internal import Wire

/// The map of the program: what there is, and how it begins and ends.
final class Daemon {
  private let loop: EventLoop
  private let options: Options
  private let catalog: Catalog
  private let server: RTSPServer
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
    catalog = Catalog(
      folder: try Self.openMedia(options.media), rate: options.rate, limits: limits)
    server = RTSPServer(
      loop: loop, catalog: catalog, limits: limits, rtpPorts: options.rtpPorts)
  }

  /// Serves until a signal says to end.
  func run() throws(StartError) {
    catalog.scan()
    do throws(SystemError) {
      signals = try Signals(on: loop) { [unowned self] in received($0) }
    } catch {
      throw StartError(message: "cannot receive signals: \(error)")
    }
    try startRTSP()
    announce()
    do throws(SystemError) {
      try loop.run()
    } catch {
      throw StartError(message: "the event loop has failed: \(error)")
    }
  }

  private func startRTSP() throws(StartError) {
    do throws(SystemError) {
      try server.start(on: options.rtsp)
    } catch {
      var hint = ""
      if error.isAddressInUse {
        hint = "; another program uses the port, choose one with --rtsp HOST:PORT (0: any free one)"
      } else if error.isAddressNotAvailable {
        hint = "; the address is not one of this machine's"
      }
      throw StartError(message: "cannot listen on \(options.rtsp): \(error.reason)\(hint)")
    }
    if let address = server.address, !address.isLoopback {
      Log.warning("anyone who can reach this address can watch", ["rtsp": "\(address)"])
    }
  }

  /// What a person does next, on standard output.
  private func announce() {
    guard let address = server.address else { return }
    let shown = address.isUnspecified ? "127.0.0.1:\(address.port)" : "\(address)"
    var text = "streamd \(version) serves RTSP on \(address)\n"
    let urls = catalog.playable.map { "rtsp://\(shown)/\(PercentEncoding.encode($0))" }
    for url in urls.prefix(20) { text += "  \(url)\n" }
    if urls.count > 20 { text += "  … and \(urls.count - 20) more\n" }
    if let first = urls.first {
      text += "watch it:  ffplay -fflags nobuffer \(first)\n"
    } else {
      text += "no playable file yet: put Motion-JPEG files into \(catalog.path)\n"
    }
    Process.writeOutput(text)
  }

  private func received(_ signal: Signals.Signal) {
    switch signal {
    case .interrupt, .terminate:
      Log.info("stopping", ["signal": "\(signal)"])
      server.stop()
      loop.stop()
    case .hangup:
      Log.info("there is no configuration to read again")
    }
  }

  /// The folder that was asked for; else where an installed program has it, then the source tree
  /// that the program was built in, then `video` here.
  private static func openMedia(_ path: String?) throws(StartError) -> Folder {
    if let path {
      do throws(SystemError) {
        return try Folder(path)
      } catch {
        throw StartError(message: "cannot open the media folder \(path): \(error.reason)")
      }
    }
    let installed = Process.ancestors.first.map { ["\($0)/../share/streamd/video"] } ?? []
    let source = Process.ancestors.filter {
      (try? Folder($0).file(at: "Package.swift")) != nil
    }
    for candidate in installed + source.map({ "\($0)/video" }) + ["video"] {
      if let folder = try? Folder(candidate) { return folder }
    }
    throw StartError(message: "there is no folder `video` here; name one with --media DIR")
  }
}
