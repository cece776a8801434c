internal import Reactor
internal import Wire

extension Program {
  /// Watches a stream with many viewers at once and tells how they were served, and what it cost.
  func bench() throws(Failure) {
    var options = try BenchOptions(arguments)
    // What is kept for the daemon is not shown to every server that is measured.
    let isMeant = ["--token", "--token-file", "--user"].contains { arguments[$0] != nil }
    if isMeant || options.target.host == client.url.host {
      options.authorization = client.authorization
    }
    let needed = options.clients * (options.transport == .udp ? 3 : 1) + 32
    let allowed = Process.raiseDescriptorLimit()
    guard allowed >= needed else {
      throw Failure(
        .refused,
        "\(options.clients) viewers need \(needed) descriptors, \(allowed) may be open: "
          + "raise the limit (ulimit -n)")
    }
    let address = try address(of: options.target)
    let load: Load
    let window: Load.Window
    do throws(SystemError) {
      load = try Load(options, to: address)
      window = try load.run()
    } catch {
      throw Failure(.refused, "the bench cannot go on: \(error)")
    }
    try judge(load.tally, before: true)
    // Ctrl-C before there was anything to tell.
    if window.end.monotonic == 0 { throw Failure(.interrupted, "") }
    let report = BenchReport(load, window)
    try console.print(isJSON ? [JSON.encode(report)] : lines(report))
    try judge(load.tally, before: false)
  }

  /// Of a name's addresses the first one that answers: a server may listen at one of them only.
  private func address(of target: BenchTarget) throws(Failure) -> SocketAddress {
    let addresses: [SocketAddress]
    do throws(NameLookup.Failure) {
      addresses = try NameLookup.addresses(of: target.host, port: target.port)
    } catch {
      throw Failure(.unreachable, "\(target.host): \(error.reason)")
    }
    let patience = HTTPConnection.Patience(progress: Progress())
    for address in addresses where addresses.count > 1 {
      let trial = try? HTTPConnection.connect(
        to: address, seconds: Self.trialSeconds, patience)
      if trial != nil { return address }
    }
    return addresses[0]
  }

  private static let trialSeconds = 3

  private func lines(_ report: BenchReport) -> [String] {
    report.facts.map { facts($0.0, Table.Cell($0.1)) }
  }

  /// Where nobody could play there is nothing to report; where some could, that comes first.
  private func judge(_ tally: Load.Tally, before isBefore: Bool) throws(Failure) {
    guard let fault = tally.firstFault, tally.failed > 0,
      isBefore == (tally.playing + tally.ended == 0)
    else { return }
    let others = tally.faults.count > 1 ? ", and \(tally.faults.count - 1) other reasons" : ""
    let message = "\(tally.failed) viewers could not play: \(fault.reason)\(others)"
    switch fault {
    case .unreachable: throw Failure(.unreachable, message)
    case .unauthorised: throw Failure(.unauthorised, message)
    case .refused, .ended, .local: throw Failure(.refused, message)
    }
  }
}
