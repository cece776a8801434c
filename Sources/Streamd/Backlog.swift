/// What waits for all viewers that are slow to take it, together. Each holds the rest of one frame
/// at most, but a frame may have megabytes.
final class Backlog {
  var bytesMax: Int
  private(set) var bytes = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  func hasRoom(for count: Int) -> Bool { hasRoom(for: count, of: bytesMax) }

  /// The same with a part of the room.
  func hasRoom(for count: Int, of part: Int) -> Bool { count <= part - bytes }

  /// So much has come to it, or has left it where the number is negative.
  func change(by count: Int) { bytes += count }
}
