internal import Reactor

/// The packets of some frames that follow one another, in one layout. Viewers share it, and hold it
/// while they are in it.
final class PacketSlice {
  /// By their numbers in the medium.
  let frames: Range<Int>
  /// The first frame is number 0 here.
  let packets: PacketBuffer
  /// Somebody has come into it since ``PacketMemory`` has last looked.
  var isUsed = true

  init(_ frames: Range<Int>, _ packets: PacketBuffer) {
    self.frames = frames
    self.packets = packets
  }
}

/// What all packets together may take, and which of them go first: those that nobody has come into
/// for longest, roughly (a clock with one hand).
///
/// What a viewer is in stays with the viewer, so that a medium that is too large costs at most two
/// slices for each of its viewers beside the budget.
final class PacketMemory {
  /// The budget.
  var bytesMax: Int
  /// What is held now.
  private(set) var bytes = 0

  private struct Held {
    var slice: PacketSlice
    unowned let owner: PacketSlices
    /// The same, to be compared while it is being let go.
    let ownerIdentifier: ObjectIdentifier
    var number: Int
  }

  private var held: [Held] = []
  private var hand = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Whether so many bytes more would displace nothing.
  func hasRoom(for count: Int) -> Bool { bytes + count <= bytesMax }

  /// Holds a slice, and lets others go for it.
  func hold(_ slice: PacketSlice, of owner: PacketSlices, number: Int) {
    bytes += slice.packets.byteCount
    held.append(
      Held(
        slice: slice, owner: owner, ownerIdentifier: ObjectIdentifier(owner), number: number))
    while bytes > bytesMax, held.count > 1 { letOneGo(but: slice) }
  }

  /// An owner is gone.
  func release(_ owner: ObjectIdentifier) {
    held.removeAll { held in
      guard held.ownerIdentifier == owner else { return false }
      bytes -= held.slice.packets.byteCount
      return true
    }
  }

  private func letOneGo(but newest: PacketSlice) {
    // Ends in the second round, where nobody's mark is left.
    while true {
      if hand >= held.count { hand = 0 }
      let candidate = held[hand]
      guard candidate.slice !== newest, !candidate.slice.isUsed else {
        candidate.slice.isUsed = false
        hand += 1
        continue
      }
      bytes -= candidate.slice.packets.byteCount
      held.swapAt(hand, held.count - 1)
      held.removeLast()
      return candidate.owner.forget(candidate.number)
    }
  }
}
