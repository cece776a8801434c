internal import Reactor

/// A viewer's place in the packets: the slice that it is in, which it holds, and the next one asked
/// for in time.
struct PacketReader {
  private let slices: PacketSlices
  /// Kept open while somebody watches.
  private let source: PictureSource?
  var slice: PacketSlice?

  init(_ slices: PacketSlices) {
    self.slices = slices
    source = slices.source
  }

  /// The slice that a frame is in; nil when it is not there.
  @inline(__always)
  mutating func slice(of frame: Int) -> PacketSlice? {
    if let slice, slice.frames.contains(frame) { return slice }
    slice = enter(frame)
    return slice
  }

  /// Hands the slice to `done` when it has been made.
  func load(_ frame: Int, then done: @escaping (PacketSlices.Loaded) -> Void) {
    slices.load(frame, then: done)
  }

  /// Comes into a slice that has been made.
  mutating func take(_ slice: PacketSlice) {
    self.slice = slice
    slices.enter(slice)
  }

  /// Finds the slice that a frame is in, and tells that a viewer comes into it.
  func enter(_ frame: Int) -> PacketSlice? {
    let slice = slices.slice(of: frame)
    if let slice { slices.enter(slice) }
    return slice
  }
}
