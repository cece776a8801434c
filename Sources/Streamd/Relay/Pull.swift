internal import Reactor
internal import Wire

/// A source's pictures on their way in, whichever way it is.
enum Pull {
  case rtsp(RTSPReception)
  case http(HTTPReception)

  /// What either way comes to.
  enum Event {
    /// The source says that pictures follow.
    case playing
    /// RTP does not come over UDP, for the reason given: the source is asked for TCP.
    case fallsBack(String)
    /// Nothing more comes.
    case failed(Failure)
  }

  /// Why nothing comes, in words for people, and what follows from it.
  struct Failure: Error, Equatable {
    var reason: String
    /// The source wants a password, or another one.
    var isUnauthorised = false
    /// Nobody is there; another address may be better.
    var isUnreachable = false
  }

  /// What has come in.
  struct Figures {
    var packets = 0, lost = 0, skipped = 0, payloadBytes = 0
    var jitter: Instant = 0

    /// What came in before something else did.
    mutating func add(_ other: Figures) {
      packets += other.packets
      lost += other.lost
      skipped += other.skipped
      payloadBytes += other.payloadBytes
    }
  }

  var figures: Figures {
    switch self {
    case .rtsp(let reception):
      let receiver = reception.receiver
      return Figures(
        packets: receiver.packets, lost: receiver.lost, skipped: receiver.skipped,
        payloadBytes: receiver.payloadBytes, jitter: receiver.jitter)
    case .http(let reception):
      return Figures(skipped: reception.skipped, payloadBytes: reception.payloadBytes)
    }
  }

  /// `udp`, `tcp`, `multicast` or `http`.
  var transport: String {
    switch self {
    case .rtsp(let reception): reception.transport.rawValue
    case .http: "http"
    }
  }

  func connect(to address: SocketAddress) {
    switch self {
    case .rtsp(let reception): reception.connect(to: address)
    case .http(let reception): reception.connect(to: address)
    }
  }

  func hangUp() {
    switch self {
    case .rtsp(let reception): reception.hangUp()
    case .http(let reception): reception.hangUp()
    }
  }
}

extension Pull.Failure {
  /// What an RTSP source has failed with.
  init(_ failure: RTSPReception.Failure, _ source: SourceSettings) {
    switch failure {
    case .noPorts: self.init(reason: "all UDP ports are in use: widen --rtp-ports")
    case .noConnection(let reason): self.init(reason: reason, isUnreachable: true)
    case .silent: self.init(reason: "nothing comes any more")
    case .conversation(.timeout):
      self.init(reason: "\(source.url.authority) does not answer", isUnreachable: true)
    case .conversation(.refused(let code, let phrase)):
      self.init(refused: code, phrase, source)
    case .conversation(.protocolError(let reason)):
      self.init(reason: "\(source.url.authority): \(reason)")
    }
  }

  /// What an HTTP source has failed with.
  init(_ failure: HTTPReception.Failure, _ source: SourceSettings) {
    switch failure {
    case .noConnection(let reason): self.init(reason: reason, isUnreachable: true)
    case .conversation(.timeout):
      self.init(reason: "\(source.url.authority) sends nothing", isUnreachable: true)
    case .conversation(.ended): self.init(reason: "\(source.url.authority) has ended the stream")
    case .conversation(.refused(let code, let phrase)):
      self.init(refused: code, phrase, source)
    case .conversation(.protocolError(let reason)):
      self.init(reason: "\(source.url.authority): \(reason)")
    }
  }

  private init(refused code: Int, _ phrase: String, _ source: SourceSettings) {
    let peer = source.url.authority
    guard code == 401 else {
      self.init(reason: "\(peer) answers \(code) \(phrase.prefix(60))")
      return
    }
    let password = "its password into \(source.passwordVariable)"
    self.init(
      reason: source.url.userInfo == nil
        ? "\(peer) wants a user: write USER@ into its URL and \(password)"
        : "\(peer) does not let this user in: put \(password)",
      isUnauthorised: true)
  }
}
