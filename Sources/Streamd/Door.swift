internal import Reactor
internal import Wire

/// Who may come in through one port: counts connections, requests and sessions by address, and
/// refuses what is too much before it costs anything. Nobody who is inside is ever put out.
///
/// An address is what ``Reactor/SocketAddress/network`` says. 127.0.0.1 and ::1 are held to the
/// total only: behind a reverse proxy they are everybody, and this machine's own programs need no
/// protection from one another. No peer can come from there over a network.
struct Door {
  /// Why somebody was turned away; what metrics say, too.
  enum Refusal: String {
    case connections
    case addressConnections = "address_connections"
    case addressRequests = "address_requests"
    case addressSessions = "address_sessions"
    case load

    /// The second half of a sentence.
    var reason: String {
      switch self {
      case .connections: "there are too many connections, try again"
      case .addressConnections: "there are too many connections from your address"
      case .addressRequests: "your address asks too often"
      case .addressSessions: "there are too many sessions from your address"
      case .load: "as many are watching as can be served, try again later"
      }
    }
  }

  /// For what comes from now on; a bucket keeps its measure until its address is forgotten.
  var limits: Limits
  /// One more viewer would cost the others their frames.
  var isFull = false
  private(set) var connections = 0
  /// How many sessions there are.
  private(set) var sessions = 0
  private var addresses: [UInt64: Address] = [:]

  private struct Address {
    var connections = 0
    var sessions = 0
    var bucket: TokenBucket

    func refusal(_ limits: Limits, at now: Instant) -> Refusal? {
      if connections >= limits.addressConnectionsMax { return .addressConnections }
      return bucket.isReady(at: now) ? nil : .addressRequests
    }
  }

  /// How many seconds' worth of requests may come at once.
  private static let burstSeconds = 4

  init(_ limits: Limits) { self.limits = limits }

  /// How many addresses are remembered.
  var addressCount: Int { addresses.count }

  /// Somebody connects; nil when it may, and then ``leave(_:)`` follows.
  mutating func enter(_ peer: SocketAddress, at now: Instant) -> Refusal? {
    guard connections < limits.connectionsMax else { return .connections }
    if !peer.isLocalhost {
      if let refusal = remembered(peer).refusal(limits, at: now) { return refusal }
      addresses[peer.network]?.bucket.take(at: now)
      addresses[peer.network]?.connections += 1
    }
    connections += 1
    return nil
  }

  /// Somebody who was let in has gone.
  mutating func leave(_ peer: SocketAddress) {
    connections -= 1
    if !peer.isLocalhost { addresses[peer.network]?.connections -= 1 }
  }

  /// Whether somebody inside is to be refused what it asks for next.
  func isAskingTooOften(_ peer: SocketAddress, at now: Instant) -> Bool {
    guard !peer.isLocalhost, let address = addresses[peer.network] else { return false }
    return !address.bucket.isReady(at: now)
  }

  /// Somebody inside has asked.
  mutating func asked(_ peer: SocketAddress, at now: Instant) {
    if !peer.isLocalhost { addresses[peer.network]?.bucket.take(at: now) }
  }

  /// Somebody inside wants to watch; nil when it may.
  var viewerRefusal: Refusal? { isFull ? .load : nil }

  /// Somebody inside wants a session; nil when it may have one, and then ``closeSession(_:)``
  /// follows.
  mutating func openSession(_ peer: SocketAddress) -> Refusal? {
    if !peer.isLocalhost {
      guard addresses[peer.network]?.sessions ?? 0 < limits.addressSessionsMax else {
        return .addressSessions
      }
      addresses[peer.network]?.sessions += 1
    }
    sessions += 1
    return nil
  }

  /// A session is over.
  mutating func closeSession(_ peer: SocketAddress) {
    sessions -= 1
    if !peer.isLocalhost { addresses[peer.network]?.sessions -= 1 }
  }

  /// How fast one of an address's connections is listened to. Where the long run does not matter
  /// the turns of others still do.
  func pace(of peer: SocketAddress) -> TokenBucket {
    TokenBucket(
      rate: peer.isLocalhost ? Self.localRequestsPerSecond : limits.requestsPerSecond,
      burst: limits.requestBurst)
  }

  /// As many as one connection gets served anyway, beside others.
  private static let localRequestsPerSecond = 10_000

  /// What is known of an address. For a new one room is made first: those who have left are
  /// forgotten, at the worst before their bucket is full again. Those inside are as many as there
  /// may be connections.
  private mutating func remembered(_ peer: SocketAddress) -> Address {
    if let known = addresses[peer.network] { return known }
    if addresses.count >= limits.addressesMax + limits.connectionsMax {
      addresses = addresses.filter { $0.value.connections > 0 }
    }
    let rate = limits.addressRequestsPerSecond
    let newcomer = Address(bucket: TokenBucket(rate: rate, burst: rate * Self.burstSeconds))
    addresses[peer.network] = newcomer
    return newcomer
  }
}

extension Problem {
  /// What somebody is told who was turned away.
  init(_ refusal: Door.Refusal) {
    switch refusal {
    case .connections:
      self.init(.serviceUnavailable, "too_many_connections", refusal.reason)
    case .addressConnections:
      self.init(
        .tooManyRequests, "too_many_connections", refusal.reason, hint: "close some of them")
    case .addressRequests:
      self.init(
        .tooManyRequests, "too_many_requests", refusal.reason, hint: "ask again in a few seconds")
    case .addressSessions:
      self.init(.tooManyRequests, "too_many_sessions", refusal.reason, hint: "end one of them")
    case .load:
      self.init(.serviceUnavailable, "too_many_viewers", refusal.reason)
    }
  }
}
