internal import Wire

/// What is counted that nothing else keeps count of. No label comes from a peer: names that a
/// stranger can choose would grow the store without end.
final class Metrics {
  struct Request: Hashable, Comparable {
    /// One of the protocol's, or `other`.
    var method: String
    var code: Int

    static func < (a: Self, b: Self) -> Bool { (a.method, a.code) < (b.method, b.code) }
  }

  struct Refusal: Hashable, Comparable {
    var port: String
    var reason: String

    static func < (a: Self, b: Self) -> Bool { (a.port, a.reason) < (b.port, b.reason) }
  }

  private(set) var rtspRequests: [Request: Int] = [:]
  private(set) var httpRequests: [Request: Int] = [:]
  /// RTSP sessions that are over, by the reason.
  private(set) var sessionsEnded: [String: Int] = [:]
  /// Connections, requests and sessions that were turned away.
  /// Those for load are there from the beginning: what is born with a number has not grown.
  private(set) var refusals = [
    Refusal(port: "rtsp", reason: Door.Refusal.load.rawValue): 0,
    Refusal(port: "http", reason: Door.Refusal.load.rawValue): 0,
  ]
  /// Wrong passwords and tokens, by protocol.
  private(set) var authenticationFailures = ["rtsp": 0, "http": 0]
  /// Pictures that publishers have sent, by transport.
  private(set) var framesReceived: [String: Int] = [:]
  /// What they have sent instead of some.
  private(set) var framesBroken: [Publication.Fault: Int] = [:]
  /// What receivers said they lost since their last report, from 0 to 1.
  var fractionLost = Histogram([0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
  /// How late the loop is, in seconds.
  var loopLag = Histogram([
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
  ])

  private static let httpMethods: Set = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]

  func answeredRTSP(_ method: String, _ code: Int) {
    rtspRequests[Request(method: method, code: code), default: 0] += 1
  }

  func answeredHTTP(_ method: String?, _ code: Int) {
    let method = method.flatMap { Self.httpMethods.contains($0) ? $0 : nil } ?? "other"
    httpRequests[Request(method: method, code: code), default: 0] += 1
  }

  func sessionEnded(_ reason: RTSPServerConversation.EndReason) {
    sessionsEnded["\(reason)", default: 0] += 1
  }

  func received(_ transport: String) { framesReceived[transport, default: 0] += 1 }

  func receivedBroken(_ fault: Publication.Fault, _ count: Int) {
    framesBroken[fault, default: 0] += count
  }

  func authenticationFailed(_ name: String) { authenticationFailures[name, default: 0] += 1 }

  func refused(_ port: String, _ reason: String) {
    refusals[Refusal(port: port, reason: reason), default: 0] += 1
  }
}
