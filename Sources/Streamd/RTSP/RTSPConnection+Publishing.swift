internal import Reactor
internal import Wire

/// What the conversation says of a client that publishes.
extension RTSPConnection {
  /// How often a publisher is told how its packets come in (RFC 3550 §6.2).
  static let reportNanoseconds: Instant = 5_000_000_000

  func announce(_ name: String) {
    do throws(RTSPRefusal) {
      try checkPublish(name)
      conversation.announced()
    } catch {
      conversation.refused(error)
    }
  }

  func receive(
    _ session: Int, _ transport: TransportHeader, _ name: String, _ track: AnnouncedTrack
  ) {
    do throws(RTSPRefusal) {
      try checkPublish(name)
      guard transport.channels != nil || !isBalanced else { throw Self.noDatagrams }
      let publisher = RTSPPublisher(
        name, track, transport, of: self, session: session, server: server)
      let ports = try admit(session) { () throws(RTSPRefusal) in
        try transport.clientPorts.map { (ports) throws(RTSPRefusal) in
          try publisher.open(for: ports, server)
        }
      }
      publishers[session]?.finish(.teardown)
      publishers[session] = publisher
      conversation.opened(serverPorts: ports, ssrc: nil)
    } catch {
      conversation.refused(error)
    }
  }

  func record(_ session: Int) {
    do throws(RTSPRefusal) {
      guard let publisher = publishers[session] else { throw RTSPRefusal(.internalError) }
      try checkPublish(publisher.publication.name)
      do throws(PublishRefusal) {
        try publisher.record()
      } catch {
        throw error.rtsp
      }
      conversation.recording(at: loop.now)
    } catch {
      conversation.refused(error)
    }
  }

  /// Whether whoever asks may publish under a name, as things are now.
  private func checkPublish(_ name: String) throws(RTSPRefusal) {
    let identity = identity ?? .anyone
    guard identity.role >= .control else {
      throw RTSPRefusal(.forbidden, "publishing takes the role \(Role.control.rawValue)")
    }
    guard identity.sees(name) else {
      throw RTSPRefusal(.forbidden, "you may not publish under this name")
    }
    do throws(PublishRefusal) {
      try server.live.checkPublish(name)
    } catch {
      throw error.rtsp
    }
  }

  /// Somebody else publishes under a session's name now. Whoever has nothing else to do here is to
  /// notice that it is over.
  func displaced(_ session: Int) {
    endSession(session, .displaced)
    if sessionCount == 0 { finish(lingerSeconds: server.limits.lingerSeconds) }
  }
}
