internal import Reactor

/// The packets of some frames that follow one another, in one layout. Viewers share it, and hold it
/// while they are in it.
final class PacketSlice {
  /// By their numbers in the medium.
  let frames: Range<Int>
  /// The first frame is number 0 here.
  let packets: PacketBuffer
  /// When somebody has last come into it, on ``PacketMemory``'s count.
  var lastUse = 0

  init(_ frames: Range<Int>, _ packets: PacketBuffer) {
    self.frames = frames
    self.packets = packets
  }
}
