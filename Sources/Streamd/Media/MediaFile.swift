internal import Reactor
internal import Wire

/// A file of Motion-JPEG that can be played: its index, and its packets once somebody plays it.
///
/// The pictures themselves are not kept. They are packetised once for each way of sending, when the
/// first viewer of that way comes, and shared by all viewers from then on. What RTP cannot carry as
/// it is, is normalised on the way; all of that is the worker's work, in slices.
final class MediaFile {
  /// A way of sending, and so a layout of packets.
  enum Layout {
    /// RFC 2435 packets for one `send` with UDP segmentation.
    case datagrams
    /// The same with `$` prefixes for an RTSP connection.
    case interleaved
    /// One RTP packet per picture, holding the whole JPEG: the classroom dialect.
    case classroom
    /// One part of a multipart stream per picture.
    case multipart
  }

  typealias Packed = Result<PacketBuffer, PicturePacker.Fault>

  /// What RTSP says of it.
  let description: MediaDescription
  /// The file it was made from, unchanged.
  let identity: RegularFile.Identity

  private let index: MotionJPEGIndex
  private var packed: [Layout: PacketBuffer] = [:]
  /// Who waits for a layout that is being made.
  private var waiting: [Layout: [(Packed) -> Void]] = [:]

  /// `rate` is what it plays at if it carries none of its own.
  init(
    name: String, identity: RegularFile.Identity, index: MotionJPEGIndex, rate: FrameRate
  ) {
    description = MediaDescription(
      name: name, frameCount: index.entries.count, rate: index.rate ?? rate, width: index.width,
      height: index.height)
    self.identity = identity
    self.index = index
  }

  /// What kind of file it is, for people.
  var container: String { index.container }

  /// What is done to its pictures so that RTP can carry them, for people.
  var normalised: [String] {
    JPEGNormalizer.Change.allCases.filter(index.changes.contains).map(\.description)
  }

  /// The longest frame's bytes.
  var longestFrame: Int { index.longest }

  /// The packets in a layout that has been made already.
  func packets(_ layout: Layout) -> PacketBuffer? { packed[layout] }

  /// Makes the packets of a layout from the file, unless they are there, and hands them to `done`:
  /// at once if they are there, else when the worker has made them.
  ///
  /// It fails when the file can no longer be read as it was indexed, or has changed meanwhile.
  func pack(
    _ layout: Layout, from file: RegularFile, on worker: Worker,
    then done: @escaping (Packed) -> Void
  ) {
    if let packets = packed[layout] { return done(.success(packets)) }
    waiting[layout, default: []].append(done)
    guard waiting[layout]?.count == 1 else { return }
    let packer = PicturePacker(layout: layout, index: index, file: file)
    goOn(packer, packer.makeBuffer(bytes: identity.size), on: worker)
  }

  /// Has the next slice made, and takes it over.
  private func goOn(_ packer: PicturePacker, _ packets: PacketBuffer, on worker: Worker) {
    guard packets.count < index.entries.count else { return verify(packer, packets) }
    let slice = packer.slice(from: packets.count)
    do throws(SystemError) {
      try worker.perform({ packer.packets(of: slice) }) { [self] result in
        switch result {
        case .success(let frames):
          for frame in frames { packets.append(frame) }
          goOn(packer, packets, on: worker)
        case .failure(let fault): finish(packer.layout, .failure(fault))
        }
      }
    } catch {
      finish(packer.layout, .failure(.changed(error.reason)))
    }
  }

  private func verify(_ packer: PicturePacker, _ packets: PacketBuffer) {
    guard (try? packer.file.identity()) == identity else {
      return finish(packer.layout, .failure(.changed("it was changed meanwhile")))
    }
    packed[packer.layout] = packets
    finish(packer.layout, .success(packets))
  }

  private func finish(_ layout: Layout, _ result: Packed) {
    for done in waiting.removeValue(forKey: layout) ?? [] { done(result) }
  }
}
