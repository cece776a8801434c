internal import Reactor
internal import Wire

/// What a viewer session cannot do, and the way out.
extension ViewerSession {
  static func wrongState(_ detail: String, _ hint: String) -> Problem {
    Problem(.conflict, "wrong_state", detail, hint: hint)
  }

  static let beingSetUp = wrongState(
    "the session is still being set up", "try again in a moment")

  static let reconnecting = Problem(
    .conflict, "reconnecting", "the server is being connected to again",
    hint: "try again in a moment, or Teardown")

  static let noPorts = Problem(
    .serviceUnavailable, "no_ports", "all UDP ports are in use",
    hint: "set up with \"transport\":\"tcp\", or widen --rtp-ports")

  /// There is no connection, or none any more.
  static func noConnection(_ detail: String) -> Problem {
    Problem(.badGateway, "unreachable", detail, hint: checkServer)
  }

  static func problem(
    _ failure: RTSPClientConversation.Failure, _ address: SocketAddress, _ file: String
  ) -> Problem {
    switch failure {
    case .refused(404, _):
      Problem(
        .notFound, "no_such_video", "\(address) has no \(file)", hint: "choose another video")
    case .refused(415, _):
      Problem(
        .unsupportedMediaType, "unplayable", "\(file) cannot be played",
        hint: "the video list says why")
    case .refused(401, _):
      Problem(
        .badGateway, "password_wanted", "\(address) wants a password, or another one",
        hint: "write NAME:PASSWORD@ in front of the server's address")
    case .refused(let code, let phrase):
      Problem(.badGateway, "refused", "\(address) answers \(code) \(phrase)")
    case .protocolError(let reason):
      Problem(.badGateway, "protocol_error", "\(address): \(reason)")
    case .timeout:
      Problem(.badGateway, "timeout", "\(address) does not answer", hint: checkServer)
    }
  }

  /// The server has said nothing.
  var silence: Problem { Self.problem(.timeout, address, target.videoFile) }

  private static let checkServer = "check address and port, and that the server is started"
}

extension ViewerSession.Credentials {
  var userInfo: UserInfo? {
    if case .userInfo(let userInfo) = self { return userInfo }
    return nil
  }

  var token: String? {
    if case .pass(let word) = self { return word }
    return nil
  }
}
