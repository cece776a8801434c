internal import Reactor
internal import Wire

/// A medium on its way to a multicast group: one subscriber sends it, once for all. It begins with
/// the first member that plays, rests when none does, and ends with the last one's session.
final class GroupStream {
  let setting: MulticastSetting
  /// The one that sends.
  let sender: Subscriber
  private var members: [ObjectIdentifier: GroupMember] = [:]
  /// The address that packets come from.
  let source: String?
  /// There is nothing left to be sent: its members leave one after the other.
  private var isOver = false
  /// Told when nobody is left.
  private let left: () -> Void

  /// - Parameter sender: makes the one that sends; it is told what to do when sending has ended by
  ///   itself.
  init(
    _ setting: MulticastSetting, _ way: GroupWay, left: @escaping () -> Void,
    sender: (@escaping (Subscriber.End) -> Void) -> Subscriber
  ) {
    self.setting = setting
    self.left = left
    source = way.source
    var ended: (Subscriber.End) -> Void = { _ in }
    self.sender = sender { ended($0) }
    ended = { [unowned self] end in
      isOver = true
      for member in Array(members.values) { member.end(end) }
    }
    way.heard = { [unowned self] in hear($0, from: $1) }
  }

  func add(_ member: GroupMember) { members[ObjectIdentifier(member)] = member }

  func remove(_ member: GroupMember) {
    guard members.removeValue(forKey: ObjectIdentifier(member)) != nil else { return }
    guard members.isEmpty else { return settle() }
    sender.finish()
    left()
  }

  /// Somebody plays now, or does no more.
  func settle() {
    guard !isOver else { return }
    let isWanted = members.values.contains { $0.isPlaying }
    if isWanted, !sender.isPlaying {
      sender.play(.resume) { _ in 0 }
    } else if !isWanted, sender.isPlaying {
      sender.pause()
    }
  }

  /// Everybody in the group hears everybody's reports; what a member says of us is for its session.
  private func hear(_ bytes: Span<UInt8>, from source: SocketAddress) {
    guard let compound = try? RTCPPacket.parse(bytes), !isOwn(compound) else { return }
    for member in members.values where isAt(member, source) { member.hear(bytes) }
  }

  /// Whoever has come over loopback is on this machine, and sends from where we do.
  private func isAt(_ member: GroupMember, _ source: SocketAddress) -> Bool {
    member.peer.network == source.network
      || member.peer.isLoopback && source.host == self.source
  }

  /// What we send comes back to us.
  private func isOwn(_ compound: [RTCPPacket]) -> Bool {
    switch compound.first {
    case .senderReport(let report, _): report.ssrc == sender.ssrc
    case .receiverReport(let ssrc, _): ssrc == sender.ssrc
    case .sourceDescription, .goodbye, .other, nil: false
    }
  }
}
