/// What the control interface says of things, as JSON objects in snake_case with units in the
/// names.

/// Of the daemon.
public struct StatusReport: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var version: String
  /// `stopped`, `starting`, `running` or `stopping`.
  public var state: String
  /// Where RTSP listens, or would.
  public var rtsp: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var uptimeS: Double
  /// RTSP sessions served.
  public var clients: Int
  /// Viewer sessions.
  public var sessions: Int
  /// Browsers and scripts that watch over HTTP.
  public var viewers: Int
  /// It wants no more viewers, and ends when the last one has gone. Daemons before instances were
  /// thought of say nothing of it, nor of the next two.
  public var draining: Bool?
  /// Which of the instances that share ports it is, counted from 1; 0 when it is alone.
  public var instance: Int?
  /// Where each of them is reached alone.
  public var instances: [String]?

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(
    version: String, state: String, rtsp: String, uptimeS: Double, clients: Int, sessions: Int,
    viewers: Int, draining: Bool = false, instance: Int = 0, instances: [String] = []
  ) {
    self.version = version
    self.state = state
    self.rtsp = rtsp
    self.uptimeS = uptimeS
    self.clients = clients
    self.sessions = sessions
    self.viewers = viewers
    self.draining = draining
    self.instance = instance
    self.instances = instances
  }
}

/// Of a file in the media folder.
public struct VideoReport: Codable, Equatable, Sendable {
  /// Its path below the folder.
  public var name: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frames = 0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var fps = 0.0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var width = 0, height = 0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var durationS = 0.0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var bytes = 0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var playable = false
  /// `length-prefixed`, `concatenated JPEG`, `multipart`, `AVI` or `pictures` (a folder of them);
  /// empty when it cannot be played.
  public var container = ""
  /// What was changed to fit RTP; empty when nothing was.
  public var normalised: [String] = []
  /// Pictures that are left out because they are damaged.
  public var damaged = 0
  /// How much of it has been read, from 0 to 1, while it is being opened.
  public var opening: Double?
  /// Why it cannot be played, or not all of it; empty when it can.
  public var reason = ""
  /// Not a file but a source that shows what happens now; it has no duration.
  public var live = false
  /// Of a live source: `waiting`, `live` or `held`; nil of a file.
  public var state: String?

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(name: String) { self.name = name }
}

/// Of a viewer session.
public struct SessionReport: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var sessionId = ""
  /// `init`, `ready`, `playing` or `paused`.
  public var state = "init"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var serverAddr = "", serverPort = 0, videoFile = ""
  /// `udp` or `tcp`.
  public var transport = "udp"
  /// Pictures that came in whole.
  public var frame = 0
  /// RTP packets that came in and that did not.
  public var packets = 0, lost = 0
  /// Pictures dropped because a packet was missing or malformed.
  public var framesSkipped = 0
  /// RTP payload in the last second.
  public var dataRateKbps = 0.0
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var fps = 0.0
  /// From a picture's due time to its arrival; -1 while unknown.
  public var latencyMs = -1.0
  /// Interarrival jitter (RFC 3550 §6.4.1).
  public var jitterMs = 0.0
  /// The attempt to reach the server that is being made or waited for, counted from 1, of so many;
  /// 0 while there is none.
  public var attempt = 0, attemptsMax = 0

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init() {}
}

/// Of a live source: one that is relayed, or that somebody publishes.
public struct SourceReport: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var name: String
  /// Where it is pulled from, without user, password and other values; empty of what is published.
  public var url = ""
  /// `always`, `on_demand` or `published`.
  public var mode = ""
  /// Of what is relayed `idle`, `connecting`, `playing`, `retrying` or `unauthorised`; of what is
  /// published `waiting`, `playing` or `held`.
  public var state = ""
  /// `udp`, `tcp` or `http` while it is pulled or published; else empty.
  public var transport = ""
  /// Pictures that came in whole, and those that were dropped because something of them was missing
  /// or malformed.
  public var frames = 0, framesSkipped = 0
  /// RTP packets that came in and that did not.
  public var packets = 0, lost = 0
  /// Over the last second.
  public var fps = 0.0, dataRateKbps = 0.0
  /// Interarrival jitter (RFC 3550 §6.4.1).
  public var jitterMs = 0.0
  /// Who watches, or waits for a picture.
  public var viewers = 0
  /// Attempts to reach it after the first one.
  public var reconnects = 0
  /// Why nothing comes; empty while pictures do.
  public var lastError = ""
  /// When the next attempt begins; nil where none is waited for.
  public var retryInS: Double?

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(name: String) { self.name = name }
}

/// Of what somebody has published in the body of a request that is at its end.
public struct PublicationReport: Codable, Equatable, Sendable {
  /// `live/` and more.
  public var name: String
  /// Pictures that came in whole, and what came instead of some.
  public var frames: Int, broken: Int

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(name: String, frames: Int, broken: Int) {
    (self.name, self.frames, self.broken) = (name, frames, broken)
  }
}

/// Of an RTSP session that is served, or of somebody who publishes.
public struct ClientReport: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var id = "", peer = "", userAgent = ""
  /// `udp`, `tcp` or `classroom`; `http` of somebody who publishes in a request.
  public var transport = ""
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var state = "", videoFile = ""
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frames = 0, packets = 0
  /// As the receiver reports it.
  public var lost = 0, jitterMs = 0.0
  /// Frames left out because the client was slow; of somebody who publishes, pictures that did not
  /// come whole.
  public var skipped = 0
  /// RFC 3339.
  public var since = ""

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init() {}
}

/// Somebody who watches over HTTP.
public struct ViewerReport: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var id = "", peer = "", userAgent = ""
  /// `multipart` or `websocket`.
  public var transport = ""
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var videoFile = ""
  /// The viewer session that is watched; empty where there is none in between.
  public var sessionId = ""
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frames = 0
  /// Frames left out because those before them had not been taken.
  public var skipped = 0
  /// RFC 3339.
  public var since = ""

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init() {}
}

/// A line of the activity log.
public struct LogEntry: Codable, Equatable, Sendable {
  /// Counts up from 1 without a gap.
  public var seq: Int
  /// RFC 3339.
  public var time: String
  /// `error`, `warning` or `info`.
  public var level: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var message: String

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(seq: Int, time: String, level: String, message: String) {
    self.seq = seq
    self.time = time
    self.level = level
    self.message = message
  }
}

/// What somebody logs in with.
public struct Login: Decodable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var user: String, password: String
}

/// Whom a login has let in.
public struct LoginReport: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var user: String
  /// `view`, `control` or `admin`.
  public var role: String

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(user: String, role: String) { (self.user, self.role) = (user, role) }
}

/// What a viewer session is set up with.
public struct ViewerTarget: Codable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var serverAddr: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var serverPort: Int
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var videoFile: String

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(serverAddr: String, serverPort: Int, videoFile: String) {
    self.serverAddr = serverAddr
    self.serverPort = serverPort
    self.videoFile = videoFile
  }
}

/// A page of a list; `next` is the cursor of the next one.
public struct Listing<Item: Codable & Sendable>: Codable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var items: [Item]
  /// Null on the last page.
  public var next: String?

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }

  private enum CodingKeys: CodingKey { case items, next }

  /// With `next` in it even when it is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(items, forKey: .items)
    try container.encode(next, forKey: .next)
  }
}

/// An error as RFC 9457 has it, with a code for programs and a hint for people.
public struct Problem: Codable, Error, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var type = "about:blank"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var title: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var status: Int
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var detail: String
  /// Never changes its meaning: `port_in_use`, `not_found`, …
  public var code: String
  /// What to do.
  public var hint: String

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ status: HTTPStatus, _ code: String, _ detail: String, hint: String = "") {
    title = status.phrase
    self.status = status.code
    self.detail = detail
    self.code = code
    self.hint = hint
  }
}
