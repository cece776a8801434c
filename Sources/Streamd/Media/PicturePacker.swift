internal import Reactor
internal import Wire

/// Makes packets of some pictures of a medium in one layout. A value that the worker can have.
struct PicturePacker: Sendable {
  let layout: MediaFile.Layout
  let source: PictureSource
  /// The pictures, by their numbers in the medium.
  let numbers: Range<Int>
  let entries: ArraySlice<MotionJPEGIndex.Entry>

  /// Why the pictures cannot be had: the file cannot be read, or is not what was indexed.
  struct Fault: Error {
    var reason: String
  }

  /// One picture's packets in one run of bytes; none where it is damaged.
  struct Slice: Sendable {
    var frames: [[UInt8]] = []
    /// What is wrong with the first that is damaged.
    var damage: JPEGError?
  }

  /// The packets of the pictures.
  func pack() -> Result<Slice, Fault> {
    do throws(Fault) {
      var slice = Slice()
      for (number, entry) in zip(numbers, entries) {
        let bytes = try source.read(number, entry)
        do throws(JPEGError) {
          slice.frames.append(try packets(of: bytes))
        } catch {
          slice.frames.append([])
          if slice.damage == nil { slice.damage = error.moved(by: entry.offset) }
        }
      }
      guard source.isUnchanged else { throw Fault(reason: "it was changed meanwhile") }
      return .success(slice)
    } catch {
      return .failure(error)
    }
  }

  private func packets(of bytes: [UInt8]) throws(JPEGError) -> [UInt8] {
    let verdict = try JPEGVerdict(bytes.span, at: 0)
    guard verdict.scanBytes <= JPEGPacketizer.scanBytesMax else { return [] }
    guard let packetizer = layout.packetizer else { return layout.whole(bytes) }
    return try RTPJPEGPicture(normalizing: bytes).packets(packetizer)
  }
}
