import Testing

@testable import Wire

@Suite("HTTPStatus")
struct HTTPStatusTests {
  @Test("has the codes and phrases of RFC 9110 §15, and of RFC 6585 §5")
  func phrases() {
    let statuses: [(HTTPStatus, Int, String)] = [
      (.switchingProtocols, 101, "Switching Protocols"), (.ok, 200, "OK"),
      (.created, 201, "Created"), (.accepted, 202, "Accepted"), (.noContent, 204, "No Content"),
      (.partialContent, 206, "Partial Content"), (.notModified, 304, "Not Modified"),
      (.temporaryRedirect, 307, "Temporary Redirect"),
      (.badRequest, 400, "Bad Request"), (.unauthorized, 401, "Unauthorized"),
      (.forbidden, 403, "Forbidden"),
      (.notFound, 404, "Not Found"), (.methodNotAllowed, 405, "Method Not Allowed"),
      (.requestTimeout, 408, "Request Timeout"), (.conflict, 409, "Conflict"),
      (.lengthRequired, 411, "Length Required"), (.contentTooLarge, 413, "Content Too Large"),
      (.uriTooLong, 414, "URI Too Long"),
      (.unsupportedMediaType, 415, "Unsupported Media Type"),
      (.rangeNotSatisfiable, 416, "Range Not Satisfiable"),
      (.misdirected, 421, "Misdirected Request"), (.upgradeRequired, 426, "Upgrade Required"),
      (.tooManyRequests, 429, "Too Many Requests"),
      (.fieldsTooLarge, 431, "Request Header Fields Too Large"),
      (.internalError, 500, "Internal Server Error"), (.notImplemented, 501, "Not Implemented"),
      (.badGateway, 502, "Bad Gateway"), (.serviceUnavailable, 503, "Service Unavailable"),
      (.versionNotSupported, 505, "HTTP Version Not Supported"),
    ]
    for (status, code, phrase) in statuses {
      #expect(status.code == code)
      #expect(status.phrase == phrase)
    }
    #expect(HTTPStatus.all == statuses.map(\.0))
  }

  @Test("finds a status by its number, and takes a strange number for a fault of ours")
  func byNumber() {
    for status in HTTPStatus.all { #expect(HTTPStatus.of(status.code) == status) }
    for code in [0, -1, 100, 199, 299, 418, 600, .max] {
      #expect(HTTPStatus.of(code) == .internalError)
    }
  }
}
