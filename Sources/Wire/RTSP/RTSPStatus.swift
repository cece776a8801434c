/// A reply's status code and phrase (RFC 2326 §7.1.1).
public struct RTSPStatus: Equatable, Hashable, Sendable {
  /// Three digits.
  public let code: Int
  /// The phrase that belongs to it.
  public let phrase: String

  private init(_ code: Int, _ phrase: String) {
    self.code = code
    self.phrase = phrase
  }

  /// 200
  public static let ok = RTSPStatus(200, "OK")
  /// 400
  public static let badRequest = RTSPStatus(400, "Bad Request")
  /// 401
  public static let unauthorized = RTSPStatus(401, "Unauthorized")
  /// 403
  public static let forbidden = RTSPStatus(403, "Forbidden")
  /// 404
  public static let notFound = RTSPStatus(404, "Not Found")
  /// 405
  public static let methodNotAllowed = RTSPStatus(405, "Method Not Allowed")
  /// 406
  public static let notAcceptable = RTSPStatus(406, "Not Acceptable")
  /// 408
  public static let requestTimeout = RTSPStatus(408, "Request Time-out")
  /// 413
  public static let entityTooLarge = RTSPStatus(413, "Request Entity Too Large")
  /// 414
  public static let uriTooLong = RTSPStatus(414, "Request-URI Too Large")
  /// 415
  public static let unsupportedMediaType = RTSPStatus(415, "Unsupported Media Type")
  /// 451
  public static let parameterNotUnderstood = RTSPStatus(451, "Parameter Not Understood")
  /// 453
  public static let notEnoughBandwidth = RTSPStatus(453, "Not Enough Bandwidth")
  /// 454
  public static let sessionNotFound = RTSPStatus(454, "Session Not Found")
  /// 455
  public static let methodNotValidInState = RTSPStatus(455, "Method Not Valid In This State")
  /// 457
  public static let invalidRange = RTSPStatus(457, "Invalid Range")
  /// 459
  public static let aggregateNotAllowed = RTSPStatus(459, "Aggregate Operation Not Allowed")
  /// 461
  public static let unsupportedTransport = RTSPStatus(461, "Unsupported Transport")
  /// 500
  public static let internalError = RTSPStatus(500, "Internal Server Error")
  /// 501
  public static let notImplemented = RTSPStatus(501, "Not Implemented")
  /// 503
  public static let serviceUnavailable = RTSPStatus(503, "Service Unavailable")
  /// 505
  public static let versionNotSupported = RTSPStatus(505, "RTSP Version not supported")
  /// 551
  public static let optionNotSupported = RTSPStatus(551, "Option not supported")
}
