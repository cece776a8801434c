internal import Reactor
internal import Wire

/// A medium that can be played: its index, and its packets once somebody plays it.
///
/// The pictures themselves are not kept. They are packetised once for each way of sending, slice by
/// slice, and shared by all viewers. What RTP cannot carry as it is, is normalised on the way; all
/// of that is the worker's work.
final class MediaFile {
  /// A way of sending, and so a layout of packets.
  enum Layout: Hashable {
    /// RFC 2435 packets of so many bytes for one `send` with UDP segmentation.
    case datagrams(segmentBytes: Int)
    /// The same with `$` prefixes for an RTSP connection.
    case interleaved(segmentBytes: Int)
    /// One RTP packet per picture, holding the whole JPEG: the classroom dialect.
    case classroom
    /// One part of a multipart stream per picture.
    case multipart

    /// What makes the packets; nil where a packet is a picture.
    var packetizer: JPEGPacketizer? {
      switch self {
      case .datagrams(let bytes): JPEGPacketizer(segmentBytes: bytes, interleaved: false)
      case .interleaved(let bytes): JPEGPacketizer(segmentBytes: bytes, interleaved: true)
      case .classroom, .multipart: nil
      }
    }

    /// The one packet that a picture is, where it is one.
    func whole(_ jpeg: [UInt8]) -> [UInt8] {
      let picture = StandalonePicture.bytes(of: jpeg)
      if self == .multipart { return MultipartStream.part(of: picture, time: 0) }
      var packet: [UInt8] = []
      packet.reserveCapacity(RTPHeader.length + picture.count)
      RTPHeader(marker: true, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &packet)
      return packet + picture
    }

    /// Bytes from one packet to the next, where the longest picture has so many.
    func stride(longest: Int) -> Int {
      packetizer?.stride
        ?? max(RTPHeader.length, MultipartStream.addedBytesMax) + longest
        + StandalonePicture.addedBytesMax
    }
  }

  /// What it was made from, unchanged.
  let identity: PictureSource.Identity
  private let name: String
  private let rate: FrameRate
  private var index: MotionJPEGIndex
  private var layouts: [Layout: PacketSlices] = [:]
  /// Open as long as somebody watches.
  private weak var file: RegularFile?

  /// `rate` is what it plays at if it carries none of its own.
  init(
    name: String, identity: PictureSource.Identity, index: MotionJPEGIndex, rate: FrameRate
  ) {
    self.name = name
    self.identity = identity
    self.index = index
    self.rate = rate
  }

  /// What RTSP says of it, as far as it has been read.
  var description: MediaDescription {
    MediaDescription(
      name: name, frameCount: index.entries.count, rate: index.rate ?? rate, width: index.width,
      height: index.height)
  }

  /// What kind of file it is, for people.
  var container: String { index.container }

  /// What is done to its pictures so that RTP can carry them, for people.
  var normalised: [String] {
    JPEGNormalizer.Change.allCases.filter(index.changes.contains).map(\.description)
  }

  /// How many pictures are left out because they are damaged, as far as that is known.
  var damaged: Int { index.damaged }

  /// What is wrong with the first of them; nil when there is none.
  var fault: JPEGError? { index.fault }

  /// What is wrong with its last picture, where it ends within that.
  var cutOff: JPEGError? { index.cutOff }

  /// The longest frame's bytes.
  var longestFrame: Int { index.longest }

  /// It has been read further.
  func extend(_ index: MotionJPEGIndex) {
    self.index = index
    for slices in layouts.values { slices.extend(index) }
  }

  /// Its packets in a layout, read from `source` when they are wanted.
  func packets(
    _ layout: Layout, from source: PictureSource, on worker: Worker, in memory: PacketMemory
  ) -> PacketSlices {
    let source = shared(source)
    if let packets = layouts[layout] {
      packets.renew(source)
      return packets
    }
    let packets = PacketSlices(layout, index, from: source, on: worker, in: memory)
    var isTold = false
    packets.damaged = { [name] damage in
      if !isTold {
        Log.warning("a damaged picture is left out", ["file": name, "reason": "\(damage)"])
      }
      isTold = true
    }
    layouts[layout] = packets
    return packets
  }

  /// What others have open already, so that one descriptor is enough for all who watch.
  private func shared(_ source: PictureSource) -> PictureSource {
    if let file, case .file(let identity) = identity { return .file(file, identity) }
    file = source.file
    return source
  }

  /// Its packets in a layout, if somebody has asked for them.
  func packets(_ layout: Layout) -> PacketSlices? { layouts[layout] }
}
