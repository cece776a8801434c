/// A reply's status code and phrase (RFC 9110 §15).
public struct HTTPStatus: Equatable, Hashable, Sendable {
  /// Three digits.
  public let code: Int
  /// The phrase that belongs to it.
  public let phrase: String

  private init(_ code: Int, _ phrase: String) {
    self.code = code
    self.phrase = phrase
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let switchingProtocols = HTTPStatus(101, "Switching Protocols")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let ok = HTTPStatus(200, "OK")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let created = HTTPStatus(201, "Created")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let accepted = HTTPStatus(202, "Accepted")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let noContent = HTTPStatus(204, "No Content")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let partialContent = HTTPStatus(206, "Partial Content")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let notModified = HTTPStatus(304, "Not Modified")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let temporaryRedirect = HTTPStatus(307, "Temporary Redirect")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let badRequest = HTTPStatus(400, "Bad Request")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let unauthorized = HTTPStatus(401, "Unauthorized")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let forbidden = HTTPStatus(403, "Forbidden")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let notFound = HTTPStatus(404, "Not Found")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let methodNotAllowed = HTTPStatus(405, "Method Not Allowed")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let requestTimeout = HTTPStatus(408, "Request Timeout")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let conflict = HTTPStatus(409, "Conflict")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let lengthRequired = HTTPStatus(411, "Length Required")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let contentTooLarge = HTTPStatus(413, "Content Too Large")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let uriTooLong = HTTPStatus(414, "URI Too Long")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let unsupportedMediaType = HTTPStatus(415, "Unsupported Media Type")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let rangeNotSatisfiable = HTTPStatus(416, "Range Not Satisfiable")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let misdirected = HTTPStatus(421, "Misdirected Request")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let upgradeRequired = HTTPStatus(426, "Upgrade Required")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let tooManyRequests = HTTPStatus(429, "Too Many Requests")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let fieldsTooLarge = HTTPStatus(431, "Request Header Fields Too Large")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let internalError = HTTPStatus(500, "Internal Server Error")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let notImplemented = HTTPStatus(501, "Not Implemented")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let badGateway = HTTPStatus(502, "Bad Gateway")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let serviceUnavailable = HTTPStatus(503, "Service Unavailable")
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let versionNotSupported = HTTPStatus(505, "HTTP Version Not Supported")

  /// Every status that this server answers with.
  public static let all: [HTTPStatus] = [
    .switchingProtocols, .ok, .created, .accepted, .noContent, .partialContent, .notModified,
    .temporaryRedirect, .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed,
    .requestTimeout, .conflict, .lengthRequired, .contentTooLarge, .uriTooLong,
    .unsupportedMediaType, .rangeNotSatisfiable, .misdirected, .upgradeRequired, .tooManyRequests,
    .fieldsTooLarge, .internalError, .notImplemented, .badGateway, .serviceUnavailable,
    .versionNotSupported,
  ]

  /// By its number; 500 for one that is not ours.
  public static func of(_ code: Int) -> HTTPStatus {
    all.first { $0.code == code } ?? .internalError
  }
}
