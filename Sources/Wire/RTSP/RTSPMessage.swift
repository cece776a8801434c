/// A request as it came off the wire (RFC 2326 §6).
public struct RTSPRequest: Equatable, Sendable {
  /// What is asked for.
  public var method: RTSPMethod
  /// The request target as it was written.
  public var target: String
  /// Header lines.
  public var headers: HeaderFields
  /// As many bytes as Content-Length says.
  public var body: [UInt8]
  /// Whether it speaks the classroom dialect.
  public var isClassroom: Bool

  /// All parts.
  public init(
    method: RTSPMethod, target: String, headers: HeaderFields = HeaderFields(), body: [UInt8] = [],
    isClassroom: Bool = false
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.isClassroom = isClassroom
  }

  /// The request's number; nil when it is missing, repeated with another value, or no number.
  public var sequence: Int? {
    let values = headers.all("CSeq")
    guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
    return decimal(first, limit: Int(UInt32.max))
  }

  /// The session's identifier, without parameters.
  public var session: String? {
    headers["Session"].map { trimmed($0.prefix { $0 != ";" }) }
  }

  /// The bytes of the request.
  public func emit(into bytes: inout [UInt8]) {
    RTSPMessage.emit(
      "\(method.name) \(target) RTSP/1.0", headers, body, into: &bytes)
  }
}

/// A reply (RFC 2326 §7).
public struct RTSPResponse: Equatable, Sendable {
  /// Three digits.
  public var code: Int
  /// The phrase beside them.
  public var phrase: String
  /// Header lines; Content-Length is added when the reply is written.
  public var headers: HeaderFields
  /// What Content-Type describes.
  public var body: [UInt8]

  /// A reply with a status of ours.
  public init(_ status: RTSPStatus, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
    self.init(code: status.code, phrase: status.phrase, headers: headers, body: body)
  }

  /// A reply with any status.
  public init(code: Int, phrase: String, headers: HeaderFields, body: [UInt8]) {
    self.code = code
    self.phrase = phrase
    self.headers = headers
    self.body = body
  }

  /// The bytes of the reply.
  public func emit(into bytes: inout [UInt8]) {
    RTSPMessage.emit("RTSP/1.0 \(code) \(phrase)", headers, body, into: &bytes)
  }
}

/// What arrives on an RTSP connection.
public enum RTSPMessage: Equatable, Sendable {
  /// From a client.
  case request(RTSPRequest)
  /// From a server.
  case response(RTSPResponse)
  /// A binary packet between two messages (RFC 2326 §10.12).
  case interleaved(channel: UInt8, packet: [UInt8])

  static func emit(
    _ startLine: String, _ headers: HeaderFields, _ body: [UInt8], into bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: startLine.utf8)
    bytes.append(contentsOf: "\r\n".utf8)
    for field in headers.fields where !equalIgnoringCase(field.name, "Content-Length") {
      bytes.append(contentsOf: "\(field.name): \(field.value)\r\n".utf8)
    }
    if !body.isEmpty { bytes.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8) }
    bytes.append(contentsOf: "\r\n".utf8)
    bytes.append(contentsOf: body)
  }
}
