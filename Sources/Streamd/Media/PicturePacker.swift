internal import Reactor
internal import Wire

/// Makes packets of a file's pictures in one layout. It is a value that the worker can have: what
/// it reads is read only.
struct PicturePacker: Sendable {
  let layout: MediaFile.Layout
  let index: MotionJPEGIndex
  let file: RegularFile

  /// Why a picture cannot be packed.
  enum Fault: Error {
    /// The file cannot be read, or is not what was indexed.
    case changed(String)
    /// The picture cannot be carried, which only decoding has shown.
    case picture(JPEGError)
  }

  /// So much is read and packed at a time; what comes of it is taken over between two frames.
  private static let sliceBytes = 256 * 1024

  /// The pictures from `start` on that make a slice.
  func slice(from start: Int) -> Range<Int> {
    var (end, bytes) = (start, 0)
    while end < index.entries.count, end == start || bytes < Self.sliceBytes {
      bytes += index.entries[end].length
      end += 1
    }
    return start..<end
  }

  /// A buffer for all pictures' packets.
  func makeBuffer(bytes: Int) -> PacketBuffer {
    let packetizer = packetizer
    return PacketBuffer(
      stride: packetizer?.stride ?? wholeStride, prefix: packetizer?.prefix ?? 0,
      frameCapacity: index.entries.count, byteCapacity: bytes + bytes / 16)
  }

  /// The packets of some pictures, each in one run of bytes.
  func packets(of range: Range<Int>) -> Result<[[UInt8]], Fault> {
    do throws(Fault) {
      var packets: [[UInt8]] = []
      for entry in index.entries[range] { packets.append(try self.packets(of: entry)) }
      return .success(packets)
    } catch {
      return .failure(error)
    }
  }

  private var packetizer: JPEGPacketizer? {
    switch layout {
    case .datagrams: JPEGPacketizer(interleaved: false)
    case .interleaved: JPEGPacketizer(interleaved: true)
    case .classroom, .multipart: nil
    }
  }

  private var wholeStride: Int {
    max(RTPHeader.length, MultipartStream.addedBytesMax) + index.longest
      + StandalonePicture.addedBytesMax
  }

  private func packets(of entry: MotionJPEGIndex.Entry) throws(Fault) -> [UInt8] {
    let bytes = try read(entry)
    if layout == .multipart {
      return MultipartStream.part(of: StandalonePicture.bytes(of: bytes), time: 0)
    }
    guard let packetizer else {
      var packet: [UInt8] = []
      packet.reserveCapacity(RTPHeader.length + entry.length)
      RTPHeader(marker: true, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &packet)
      return packet + StandalonePicture.bytes(of: bytes)
    }
    if let picture = try? RTPJPEGFrame.inspect(bytes.span, at: 0) {
      return packetizer.packets(picture.frame, bytes.span, scan: picture.scan)
    }
    do throws(JPEGError) {
      let picture = try JPEGNormalizer.normalize(bytes.span, at: 0)
      return packetizer.packets(
        picture.frame, picture.scan.span, scan: 0..<picture.scan.count)
    } catch {
      throw .picture(error.moved(by: entry.offset))
    }
  }

  /// Reads one picture, and does not trust that it is still what was indexed.
  private func read(_ entry: MotionJPEGIndex.Entry) throws(Fault) -> [UInt8] {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try file.read(entry.length, at: entry.offset)
    } catch {
      throw .changed(error.reason)
    }
    guard bytes.count == entry.length, let verdict = try? JPEGVerdict(bytes.span, at: 0),
      verdict.scanBytes <= JPEGPacketizer.scanBytesMax
    else { throw .changed("it is not what it was when it was indexed") }
    return bytes
  }
}
