@testable import Streamd
@testable import Wire

enum RTPTargets {
  /// Packets of any kind at a viewer's ports: each of the input's packets is preceded by its
  /// length and by what it is (RTP, RTCP, or time that passes).
  static func receiver(_ input: [UInt8]) {
    var receiver = RTPReceiver(width: 16, height: 16)
    var now: Nanoseconds = 1_000_000_000
    var rest = input[...]
    while let kind = rest.popFirst(), let length = rest.popFirst() {
      let packet = Array(rest.prefix(Int(length)))
      rest = rest.dropFirst(packet.count)
      var pictures: [Picture] = []
      switch kind % 4 {
      case 0: _ = receiver.receiveControl(packet.span, at: now)
      case 1:
        now += Nanoseconds(length) * 1_000_000
        pictures = receiver.expire(at: now)
      default: pictures = receiver.receive(packet.span, at: now)
      }
      for picture in pictures {
        require(picture.jpeg.starts(with: [0xFF, 0xD8]), "a picture without a beginning")
        require(picture.jpeg.suffix(2) == [0xFF, 0xD9], "a picture without an end")
        _ = picture.part(sent: 1_700_000_000_000_000)
      }
    }
    require(receiver.lost >= 0 && receiver.jitter >= 0, "\(receiver.lost) \(receiver.jitter)")
    if let deadline = receiver.deadline {
      _ = receiver.expire(at: deadline)
      require(receiver.deadline ?? .max > deadline, "a deadline that stays")
    }
    _ = receiver.report(at: now)
  }

  /// What can be carried comes out of packets as it went in.
  static func pictures(_ input: [UInt8]) {
    guard let first = input.first, let carriable = try? RTPJPEGFrame.inspect(input.span, at: 1)
    else { return }
    let packetizer = JPEGPacketizer(segmentBytes: 256 + Int(first), interleaved: false)
    let packets = packetizer.packets(carriable.frame, input.span, scan: carriable.scan)
    let isLarge = max(carriable.frame.width, carriable.frame.height) > RTPJPEGFrame.sideMax
    let size = isLarge ? (carriable.frame.width, carriable.frame.height) : nil
    var depacketizer = JPEGDepacketizer(pictureBytesMax: 1 << 24, dimensions: size)
    var picture: [UInt8]?
    for start in stride(from: 0, to: packets.count, by: packetizer.stride) {
      let packet = Array(packets[start..<min(start + packetizer.stride, packets.count)])
      guard let header = try? RTPHeader(parsing: packet.span) else { found("no RTP header") }
      require(picture == nil, "a packet behind the last one")
      picture = depacketizer.receive(packet.span, header)
    }
    guard let picture, let again = try? RTPJPEGFrame.inspect(picture.span, at: 0) else {
      found("a picture that did not come through: \(carriable)")
    }
    let data = Array(input[carriable.scan])
    let endsAlready = data.suffix(2) == [0xFF, 0xD9]
    require(endsAlready || Array(picture[again.scan]) == data, "other data")
    require(again.frame.quantizationTables == carriable.frame.quantizationTables, "other tables")
    require(again.frame.restartInterval == carriable.frame.restartInterval, "another interval")
    require((again.frame.width - carriable.frame.width) / 8 == 0, "another width")
  }

  /// RTCP compounds: what is understood can be written and read again.
  static func control(_ input: [UInt8]) {
    guard let packets = try? RTCPPacket.parse(input.span), !packets.isEmpty else { return }
    for packet in packets {
      var bytes: [UInt8] = []
      packet.emit(into: &bytes)
      require((try? RTCPPacket.parse(bytes.span).count) == 1, "\(packet) cannot be read again")
      guard case .senderReport(let report, _) = packet else { continue }
      let copy = try? RTCPPacket.parse(bytes.span)
      require(copy == [packet], "\(packet) is read as \(copy as Any)")
      _ = (report.time.realtime, report.time.middle)
    }
  }
}
