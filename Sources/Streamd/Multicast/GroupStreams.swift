internal import Reactor
internal import Wire

/// What goes to multicast groups, and what may go there.
final class GroupStreams {
  /// What may be had so. Streams that there are stay as they are.
  var settings: [MulticastSetting] = []
  /// The interface that packets leave by; nil leaves it to the routes.
  var interface: String?
  private var streams: [String: GroupStream] = [:]
  private unowned let server: RTSPServer

  init(of server: RTSPServer) { self.server = server }

  /// The group of a medium, where it has one.
  func group(of name: String) -> MulticastGroup? { setting(of: name)?.group }

  /// The ones that send, for those who count.
  var senders: [Subscriber] { streams.values.map(\.sender) }

  private func setting(of name: String) -> MulticastSetting? {
    streams[name]?.setting ?? settings.first { $0.name == name }
  }

  /// The stream of a medium, which is there from now on.
  ///
  /// - Throws: 503 when there is no way to the group.
  func stream(_ name: String, of feed: Subscription.Feed) throws(RTSPRefusal) -> GroupStream {
    if let stream = streams[name] { return stream }
    guard let setting = setting(of: name) else { throw RTSPRefusal(.unsupportedTransport) }
    let way = try open(setting)
    let stream = GroupStream(setting, way, left: { [unowned self] in left(name) }) {
      feed.subscriber(way, server, $0)
    }
    streams[name] = stream
    server.activity.note(
      .info, "multicast has begun", ["file": name, "group": "\(setting.address)"])
    return stream
  }

  private func left(_ name: String) {
    guard let stream = streams.removeValue(forKey: name) else { return }
    server.hasEnded(stream.sender)
    server.activity.note(
      .info, "multicast has ended", ["file": name, "group": "\(stream.setting.address)"])
  }

  private func open(_ setting: MulticastSetting) throws(RTSPRefusal) -> GroupWay {
    do throws(SystemError) {
      return try GroupWay(
        setting, segmentBytes: server.segmentBytes,
        interface: try interface.map(NetworkInterface.index) ?? 0, loop: server.loop,
        buffer: server.buffer, backlog: server.rests)
    } catch {
      Log.warning(
        "no way to a multicast group",
        [
          "group": "\(setting.address)", "interface": interface ?? "by route", "error": "\(error)",
        ])
      throw RTSPRefusal(.serviceUnavailable, "no way to the group: \(error.reason)")
    }
  }
}
