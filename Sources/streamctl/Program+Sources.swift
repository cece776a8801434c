internal import Wire

/// Live sources: cameras that are relayed, and what is published.
extension Program {
  func sources() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, "/api/v1/sources")) }
    var table = Table([
      .text("NAME"), .text("STATE"), .text("MODE"), .text("VIA"), .figure("FRAMES"),
      .figure("FPS"), .figure("LOST"), .figure("JITTER"), .figure("VIEWERS"),
      .figure("NEXT TRY"), .text("NOTE"),
    ])
    for source in try client.list(SourceReport.self, "/api/v1/sources") {
      table.append([
        Table.Cell(source.name), .state(source.state), Table.Cell(source.mode),
        Table.Cell(source.transport.isEmpty ? "-" : source.transport), Table.Cell(source.frames),
        Table.Cell(Figure.fixed(source.fps, 2)),
        Table.Cell(
          Figure.loss(source.lost, of: Double(source.packets) + Double(source.lost)),
          source.lost > 0 ? .bad : .plain),
        Table.Cell(Figure.milliseconds(source.jitterMs)), Table.Cell(source.viewers),
        Table.Cell(source.retryInS.map { Figure.duration($0) } ?? "-"),
        source.lastError.isEmpty ? Table.Cell(source.url) : Table.Cell(source.lastError, .bad),
      ])
    }
    try console.print(
      table, orElse: "no sources: add some to `sources` of the configuration, or publish one")
  }
}
