/// A reply (RFC 9112 §4).
public struct HTTPResponse: Equatable, Sendable {
  /// What it came to.
  public var status: HTTPStatus
  /// Header lines; Content-Length is added when the reply is written.
  public var headers: HeaderFields
  /// What Content-Type describes.
  public var body: [UInt8]

  /// A reply.
  public init(_ status: HTTPStatus, _ type: String? = nil, _ body: [UInt8] = []) {
    self.status = status
    headers = HeaderFields()
    self.body = body
    if let type { headers.append("Content-Type", type) }
  }

  /// The bytes of the reply. For HEAD the body is left out and its length kept.
  public func emit(isHead: Bool = false, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: "HTTP/1.1 \(status.code) \(status.phrase)\r\n".utf8)
    for field in headers.fields where !equalIgnoringCase(field.name, "Content-Length") {
      bytes.append(contentsOf: "\(field.name): ".utf8)
      // A value with a line's end in it would begin a header, or an answer, of somebody else's.
      bytes.append(contentsOf: field.value.utf8.map { $0 == 0x0D || $0 == 0x0A ? 0x20 : $0 })
      bytes.append(contentsOf: [0x0D, 0x0A])
    }
    let hasLength = status.code >= 200 && status.code != 204 && status.code != 304
    if hasLength { bytes.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8) }
    bytes.append(contentsOf: "\r\n".utf8)
    if !isHead && hasLength { bytes.append(contentsOf: body) }
  }
}
