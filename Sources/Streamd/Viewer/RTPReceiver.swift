internal import Reactor
internal import Wire

/// The receiving end of an RTP session with one JPEG track: packets in, pictures and counts out.
/// Where they come from, sockets or an RTSP connection, is its owner's business.
struct RTPReceiver {
  private var window = ReorderWindow()
  private var depacketizer: JPEGDepacketizer
  private(set) var statistics: ReceptionStatistics?
  /// What the last sender report says: a wall-clock time and the timestamp that belongs to it.
  private var clock: (realtime: Int64, timestamp: UInt32)?
  private(set) var packets = 0
  private(set) var payloadBytes = 0
  private(set) var pictures = 0
  /// Our own identity in receiver reports.
  private let ssrc = UInt32.random(in: 1 ... .max)
  private let payloadType: UInt8

  init(
    width: Int?, height: Int?, payloadType: UInt8 = RTPHeader.jpegPayloadType,
    pictureBytesMax: Int = 16 << 20
  ) {
    self.payloadType = payloadType
    let dimensions = width.flatMap { width in height.map { (width, $0) } }
    depacketizer = JPEGDepacketizer(pictureBytesMax: pictureBytesMax, dimensions: dimensions)
  }

  /// Packets that did not come.
  var lost: Int { statistics?.lost ?? 0 }
  /// Pictures dropped because something of them was missing or malformed.
  var skipped: Int { depacketizer.dropped }
  /// Interarrival jitter.
  var jitter: Instant { statistics?.jitter ?? 0 }
  /// When ``expire(at:)`` is to be called.
  var deadline: Instant? { window.deadline }

  /// Takes RTP packets that came in a row; returns the pictures that they complete.
  mutating func receive(_ batch: DatagramBatch, at now: Instant) -> [Picture] {
    var complete: [Picture] = []
    batch.forEach { complete += receive($0, at: now) }
    return complete
  }

  /// Takes an RTP packet; returns the pictures that it completes.
  mutating func receive(_ packet: Span<UInt8>, at now: Instant) -> [Picture] {
    guard let header = try? RTPHeader(parsing: packet),
      header.payloadType == payloadType
    else { return [] }
    if let statistics, statistics.ssrc != header.ssrc { forgetSender() }
    if statistics == nil { statistics = ReceptionStatistics(header) }
    statistics?.receive(header, at: now)
    packets += 1
    payloadBytes += header.payload.count
    if window.passes(header.sequence) {
      return picture(packet, header).map { [$0] } ?? []
    }
    return take(window.receive(packet, sequence: header.sequence, at: now))
  }

  /// Gives up on packets that have been waited for long enough.
  mutating func expire(at now: Instant) -> [Picture] { take(window.expire(at: now)) }

  /// Takes RTCP; true when the sender says goodbye.
  mutating func receiveControl(_ bytes: Span<UInt8>, at now: Instant) -> Bool {
    guard let compound = try? RTCPPacket.parse(bytes) else { return false }
    var isGoodbye = false
    for packet in compound {
      switch packet {
      case .senderReport(let report, _):
        clock = (report.time.realtime, report.timestamp)
        statistics?.noteReport(report, at: now)
      case .goodbye(let sources, _):
        // Somebody else may leave, and an older self of the sender.
        isGoodbye = statistics.map { sources.contains($0.ssrc) } ?? true
      case .receiverReport, .sourceDescription, .other: break
      }
    }
    return isGoodbye
  }

  /// What we say of the sender (RFC 3550 §6.4.2).
  mutating func report(at now: Instant) -> [UInt8] {
    let block = statistics?.report(at: now)
    var bytes: [UInt8] = []
    RTCPPacket.receiverReport(ssrc: ssrc, blocks: block.map { [$0] } ?? []).emit(into: &bytes)
    RTCPPacket.sourceDescription([ssrc: "streamd-viewer"]).emit(into: &bytes)
    return bytes
  }

  /// A sender that begins anew numbers everything anew.
  private mutating func forgetSender() {
    statistics = nil
    clock = nil
    window = ReorderWindow()
    depacketizer.lost()
  }

  private mutating func take(_ output: [ReorderWindow.Output]) -> [Picture] {
    var complete: [Picture] = []
    for item in output {
      switch item {
      case .lost: depacketizer.lost()
      case .packet(let packet):
        guard let header = try? RTPHeader(parsing: packet.span),
          let picture = picture(packet.span, header)
        else { continue }
        complete.append(picture)
      }
    }
    return complete
  }

  /// What the next packet in order completes.
  private mutating func picture(_ packet: Span<UInt8>, _ header: RTPHeader) -> Picture? {
    guard let jpeg = depacketizer.receive(packet, header) else { return nil }
    pictures += 1
    return Picture(
      jpeg: jpeg, number: pictures, due: due(header.timestamp), timestamp: header.timestamp)
  }

  /// Microseconds since 1970 of a timestamp, by the sender's clock.
  private func due(_ timestamp: UInt32) -> Int64? {
    clock.map {
      let ticks = Int64(Int32(bitPattern: timestamp &- $0.timestamp))
      return $0.realtime / 1000 + ticks * 100 / 9
    }
  }
}
