internal import Wire

/// Several instances that share their ports, as if they were one.
extension Program {
  /// What one of them says, or why it says nothing.
  private struct Instance {
    let address: String
    let answer: Result<StatusReport, Failure>
  }

  /// Asks each instance that the daemon names, and prints what they say together. Those that do not
  /// answer are named, too.
  func instances() throws(Failure) {
    let own = try client.get(StatusReport.self, "/api/v1/status")
    guard let addresses = own.instances, !addresses.isEmpty else {
      throw Failure(.refused, "the daemon at \(client.url) shares its ports with nobody")
    }
    let all = try addresses.map { (address) throws(Failure) in try ask(address) }
    let sum = Self.sum(all)
    if isJSON {
      try console.print(Self.json(all).text)
    } else {
      try console.print(Self.table(of: all), orElse: "")
    }
    guard sum.count == all.count else {
      throw Failure(.unreachable, "\(all.count - sum.count) of \(all.count) do not answer")
    }
  }

  private static func table(of all: [Instance]) -> Table {
    let sum = sum(all)
    var table = Table([
      .figure("INSTANCE"), .text("ADDRESS"), .text("STATE"), .figure("CLIENTS"),
      .figure("SESSIONS"), .figure("VIEWERS"), .figure("UPTIME"),
    ])
    for (index, instance) in all.enumerated() { table.append(row(index + 1, instance)) }
    table.append([
      "", "all", Table.Cell("\(sum.count) of \(all.count)", sum.count < all.count ? .bad : .plain),
      Table.Cell(Figure.fixed(sum.clients, 0)), Table.Cell(Figure.fixed(sum.sessions, 0)),
      Table.Cell(Figure.fixed(sum.viewers, 0)), "",
    ])
    return table
  }

  /// The same credentials are shown to each: they are one service.
  private func ask(_ address: String) throws(Failure) -> Instance {
    do throws(Failure) {
      let other = Client(try ServiceURL(address), authorization: client.authorization)
      return Instance(
        address: address, answer: .success(try other.get(StatusReport.self, "/api/v1/status")))
    } catch {
      return Instance(address: address, answer: .failure(error))
    }
  }

  private static func row(_ number: Int, _ instance: Instance) -> [Table.Cell] {
    switch instance.answer {
    case .failure(let failure):
      [
        Table.Cell(number), Table.Cell(instance.address),
        Table.Cell(
          failure.status == .unauthorised ? "wants another login" : "does not answer", .bad),
        "-", "-", "-", "-",
      ]
    case .success(let status):
      [
        Table.Cell(number), Table.Cell(instance.address),
        .state(status.draining == true ? "draining" : status.state), Table.Cell(status.clients),
        Table.Cell(status.sessions), Table.Cell(status.viewers),
        Table.Cell(Figure.duration(status.uptimeS)),
      ]
    }
  }

  /// Whatever the instances say of themselves.
  private static func sum(
    _ all: [Instance]
  ) -> (count: Int, clients: Double, sessions: Double, viewers: Double) {
    let reports = all.compactMap { try? $0.answer.get() }
    func total(_ number: (StatusReport) -> Int) -> Double {
      reports.reduce(0) { $0 + Double(number($1)) }
    }
    return (reports.count, total(\.clients), total(\.sessions), total(\.viewers))
  }

  private static func json(_ all: [Instance]) -> JSONValue {
    let sum = sum(all)
    let items = all.map { instance in
      var fields: [String: JSONValue] = ["address": .string(instance.address)]
      switch instance.answer {
      case .failure(let failure): fields["error"] = .string(failure.message)
      case .success(let status):
        fields["state"] = .string(status.draining == true ? "draining" : status.state)
        fields["clients"] = .number(Double(status.clients))
        fields["sessions"] = .number(Double(status.sessions))
        fields["viewers"] = .number(Double(status.viewers))
      }
      return JSONValue.object(fields)
    }
    return .object([
      "items": .array(items), "clients": .number(sum.clients),
      "sessions": .number(sum.sessions), "viewers": .number(sum.viewers),
    ])
  }
}
