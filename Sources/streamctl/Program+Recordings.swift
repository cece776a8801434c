internal import Wire

/// Recordings, from start to stop.
extension Program {
  private static let path = "/api/v1/recordings"

  /// `record start`, `record stop` or `record list`.
  func record() throws(Failure) {
    let action = arguments.operand ?? "list"
    switch action {
    case "start": try startRecording()
    case "stop": try stopRecording()
    case "list": try recordings()
    default: throw Failure(.usage, "record \(action): want start, stop or list")
    }
  }

  /// The body of `POST /api/v1/recordings`.
  private struct Start: Encodable {
    var source: String?
    var sessionId: String?
  }

  private func startRecording() throws(Failure) {
    guard arguments["--id"] == nil else {
      throw Failure(.usage, "--id belongs to record stop; a new recording gets a number")
    }
    let body =
      if let source = arguments["--source"] {
        Start(source: source)
      } else {
        Start(sessionId: try wantedSession())
      }
    let reply = try client.request("POST", Self.path, json: JSON.encode(body))
    if isJSON { return try printJSON(reply) }
    let recording = try client.read(RecordingReport.self, reply)
    try console.print(
      PlainText.escaped(
        "recording \(recording.recordingId) of \(recording.source) has begun; streamctl record "
          + "stop --id \(recording.recordingId) ends it"))
  }

  /// The one that is named, or that of the source or session that is named or remembered.
  private func stopRecording() throws(Failure) {
    let named = arguments["--id"]
    let id = if let named { named } else { try findRecording() }
    let reply = try client.request(
      "DELETE", "\(Self.path)/\(Client.component(id))", silence: .setup)
    if isJSON { return try printJSON(reply) }
    let recording = try client.read(RecordingReport.self, reply)
    let what =
      recording.file.isEmpty
      ? "there was no picture"
      : "\(recording.file), \(recording.frames) frames, \(Figure.bytes(recording.bytes))"
    try console.print(PlainText.escaped("recording \(recording.recordingId) has ended: \(what)"))
  }

  private func findRecording() throws(Failure) -> String {
    let source = arguments["--source"]
    let session = source == nil ? try wantedSession() : nil
    let all = try client.list(RecordingReport.self, Self.path)
    let found = all.first { recording in
      recording.state != "ended"
        && (source.map { recording.sessionId.isEmpty && recording.source == $0 }
          ?? (recording.sessionId == session))
    }
    guard let found else {
      throw Failure(
        .refused,
        "\(source ?? "the session") is not being recorded: see streamctl record list")
    }
    return found.recordingId
  }

  private func recordings() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, Self.path)) }
    let table = Self.table(try client.list(RecordingReport.self, Self.path))
    try console.print(table, orElse: "no recordings: begin one with streamctl record start")
  }

  /// Recordings, with what has become of them.
  static func table(_ recordings: [RecordingReport]) -> Table {
    var table = Table([
      .text("ID"), .text("STATE"), .text("SOURCE"), .text("FILE"), .figure("FILES"),
      .figure("FRAMES"), .figure("LEFT OUT"), .figure("BYTES"), .text("SINCE"), .text("NOTE"),
    ])
    for recording in recordings {
      let isBad = recording.ending == "disk_full" || recording.ending == "failed"
      table.append([
        Table.Cell(recording.recordingId), .state(recording.state), Table.Cell(recording.source),
        Table.Cell(recording.file), Table.Cell(recording.files), Table.Cell(recording.frames),
        Table.Cell(String(recording.leftOut), recording.leftOut > 0 ? .bad : .plain),
        Table.Cell(Figure.bytes(recording.bytes)), Table.Cell(recording.since),
        Table.Cell(recording.reason, isBad ? .bad : .plain),
      ])
    }
    return table
  }
}
