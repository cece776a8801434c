/// A request's method (RFC 2326 §10). Methods are case-sensitive.
public enum RTSPMethod: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  case options, describe, announce, setup, play, record, pause, teardown, getParameter
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  case setParameter
  /// A method of the RFC that this server never allows: REDIRECT.
  case notAllowed(String)
  /// A method that the RFC does not know.
  case unknown(String)

  /// The method's name, or `other` for one that the RFC does not know.
  public var label: String {
    if case .unknown = self { "other" } else { name }
  }

  /// What OPTIONS lists.
  public static let supported: [RTSPMethod] = [
    .options, .describe, .announce, .setup, .play, .record, .pause, .teardown, .getParameter,
    .setParameter,
  ]

  /// The list as `Public` and `Allow` have it.
  public static let list = supported.map(\.name).joined(separator: ", ")

  /// From the request line.
  public init(_ name: String) {
    if let method = Self.supported.first(where: { $0.name == name }) {
      self = method
    } else if name == "REDIRECT" {
      self = .notAllowed(name)
    } else {
      self = .unknown(name)
    }
  }

  /// As in the request line.
  public var name: String {
    switch self {
    case .options: "OPTIONS"
    case .describe: "DESCRIBE"
    case .announce: "ANNOUNCE"
    case .setup: "SETUP"
    case .play: "PLAY"
    case .record: "RECORD"
    case .pause: "PAUSE"
    case .teardown: "TEARDOWN"
    case .getParameter: "GET_PARAMETER"
    case .setParameter: "SET_PARAMETER"
    case .notAllowed(let name), .unknown(let name): name
    }
  }
}
