internal import Reactor

/// What all packets together may take, and which of them go first: those that nobody has come into
/// for longest.
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
  private var useCount = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Whether so many bytes more would displace nothing.
  func hasRoom(for count: Int) -> Bool { bytes + count <= bytesMax }

  /// Somebody has come into a slice.
  func touch(_ slice: PacketSlice) {
    useCount += 1
    slice.lastUse = useCount
  }

  /// Holds a slice, and lets others go for it.
  func hold(_ slice: PacketSlice, of owner: PacketSlices, number: Int) {
    bytes += slice.packets.byteCount
    held.append(
      Held(
        slice: slice, owner: owner, ownerIdentifier: ObjectIdentifier(owner), number: number))
    // As if somebody had: it has been made because somebody is near.
    touch(slice)
    while bytes > bytesMax, held.count > 1 { letOneGo() }
  }

  /// An owner is gone.
  func release(_ owner: ObjectIdentifier) {
    held.removeAll { held in
      guard held.ownerIdentifier == owner else { return false }
      bytes -= held.slice.packets.byteCount
      return true
    }
  }

  /// A look at each costs little beside what it took to make one.
  private func letOneGo() {
    guard
      let oldest = held.indices.min(by: { held[$0].slice.lastUse < held[$1].slice.lastUse })
    else { return }
    let gone = held[oldest]
    held.swapAt(oldest, held.count - 1)
    held.removeLast()
    bytes -= gone.slice.packets.byteCount
    gone.owner.forget(gone.number)
  }
}
