internal import Reactor
internal import Synchronization
internal import Wire

/// One file of a recording, in the worker's hands. It is made with the first bytes, under a name
/// that nothing else has, and is whole after each write, whatever becomes of the next one.
final class RecordedFile: Sendable {
  /// What a write has come to.
  struct Written: Sendable {
    var name: String
    /// What is left on the disk.
    var freeBytes: Int
  }

  enum Fault: Error, Equatable, Sendable {
    /// There is no room.
    case full(String)
    case failed(String)
  }

  private let folder: Folder
  private let source: String
  private let realtime: Int64
  private let state = Mutex(State())

  private struct State {
    var file: GrowingFile?
    var name = ""
    /// So far everything is there.
    var size = 0
    var isOver = false
  }

  private static let attemptsMax = 100

  /// - Parameter realtime: of the first picture, in nanoseconds since 1970.
  init(in folder: Folder, source: String, realtime: Int64) {
    (self.folder, self.source, self.realtime) = (folder, source, realtime)
  }

  /// Writes what a flush hands over.
  ///
  /// - Parameters:
  ///   - synchronizes: whether to wait until it is on the disk, so that it outlives the machine.
  ///   - closes: nothing follows.
  func write(
    _ output: AVIWriter.Output, synchronizes: Bool, closes: Bool
  ) -> Result<Written, Fault> {
    state.withLock { state in
      guard !state.isOver else { return .failure(.failed("the file is closed")) }
      do throws(SystemError) {
        let file = try file(&state)
        try file.write(Array(output.pieces.joined()), at: output.offset)
        try file.write(output.head, at: 0)
        state.size = output.offset + output.count
        if synchronizes { try file.synchronize() }
        if closes { (state.file, state.isOver) = (nil, true) }
        return .success(Written(name: state.name, freeBytes: try folder.freeBytes()))
      } catch {
        return .failure(abandon(&state, error))
      }
    }
  }

  private func file(_ state: inout State) throws(SystemError) -> GrowingFile {
    if let file = state.file { return file }
    var attempt = 1
    while true {
      let name = RecordingName.name(source: source, realtime: realtime, attempt: attempt)
      do throws(SystemError) {
        let file = try folder.make(name)
        (state.file, state.name) = (file, name)
        return file
      } catch {
        attempt += 1
        guard error.isTaken, attempt <= Self.attemptsMax else { throw error }
      }
    }
  }

  /// Leaves the file as it was after the last write that went well.
  private func abandon(_ state: inout State, _ error: SystemError) -> Fault {
    if state.size > 0 {
      try? state.file?.cut(to: state.size)
    } else if !state.name.isEmpty {
      try? folder.remove(state.name)
    }
    (state.file, state.isOver) = (nil, true)
    return error.isNoSpace
      ? .full("the disk of \(folder.path) is full") : .failed("\(folder.path): \(error)")
  }
}
