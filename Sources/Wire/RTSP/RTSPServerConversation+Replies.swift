/// How replies are written, in both dialects.
extension RTSPServerConversation {
  func sessionHeaders(_ session: RTSPServerSession) -> HeaderFields {
    var headers = HeaderFields()
    headers.append(
      "Session",
      SessionHeader(
        identifier: session.identifier, timeoutSeconds: settings.sessionTimeoutSeconds
      ).description)
    return headers
  }

  mutating func refuse(_ request: RTSPRequest, _ refusal: RTSPRefusal) {
    var headers = HeaderFields()
    switch refusal.status {
    case .methodNotAllowed, .methodNotValidInState, .notImplemented:
      headers.append("Allow", RTSPMethod.list)
    case .optionNotSupported:
      headers.append("Unsupported", refusal.reason)
    case .notEnoughBandwidth, .serviceUnavailable:
      headers.append("Retry-After", "5")
    default: break
    }
    if !refusal.reason.isEmpty, refusal.status != .optionNotSupported {
      headers.append("Warning", Self.warning(refusal.reason))
    }
    respond(request, refusal.status, headers)
  }

  mutating func respond(
    _ request: RTSPRequest, _ status: RTSPStatus, _ headers: HeaderFields, _ body: [UInt8] = [],
    in session: RTSPServerSession? = nil
  ) {
    let answer = Answer(method: request.method.label, status: status.code)
    if request.isClassroom {
      outbox.append(.send(Self.classroomReply(request, status, session), answer))
      return
    }
    var all = HeaderFields()
    if let sequence = request.sequence { all.append("CSeq", String(sequence)) }
    all.append("Server", settings.server)
    for field in headers.fields { all.append(field.name, field.value) }
    var bytes: [UInt8] = []
    RTSPResponse(status, headers: all, body: body).emit(into: &bytes)
    outbox.append(.send(bytes, answer))
  }

  /// The classroom client splits at newlines, takes the number from the second line as CSeq and the
  /// one from the third as session, and wants nothing more, not even an empty line.
  static func classroomReply(
    _ request: RTSPRequest, _ status: RTSPStatus, _ session: RTSPServerSession?
  ) -> [UInt8] {
    var text = "RTSP/1.0 \(status.code) \(status.phrase)\nCSeq: \(request.sequence ?? 0)\n"
    if let session { text += "Session: \(session.identifier)\n" }
    return Array(text.utf8)
  }

  /// The last reply on a connection: to something that could not be read to its end.
  func reply(_ error: RTSPError) -> [UInt8] {
    var headers = HeaderFields()
    if let sequence = error.sequence { headers.append("CSeq", String(sequence)) }
    headers.append("Server", settings.server)
    headers.append("Warning", Self.warning(error.reason))
    headers.append("Connection", "close")
    var bytes: [UInt8] = []
    RTSPResponse(error.status, headers: headers).emit(into: &bytes)
    return bytes
  }

  /// RFC 2616 §14.46: code, agent and a quoted text. The reason may quote the client, hence the
  /// care.
  static func warning(_ reason: String) -> String {
    let text = reason.utf8.prefix(200).map {
      (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") ? $0 : UInt8(ascii: "?")
    }
    return "199 streamd \"\(String(decoding: text, as: UTF8.self))\""
  }

  /// For a browser that was pointed at this port.
  static let httpReply: [UInt8] = {
    let text = "This port speaks RTSP. Open rtsp:// and this address in a player.\n"
    return Array(
      """
      HTTP/1.1 400 Bad Request\r
      Content-Type: text/plain\r
      Content-Length: \(text.utf8.count)\r
      Connection: close\r
      \r
      \(text)
      """.utf8)
  }()
}
