internal import Reactor
internal import Synchronization
internal import Wire

/// Finds the pictures of a medium, step by step: the worker takes the steps, one at a time.
final class Scan: Sendable {
  /// What a step came to.
  struct Step: Sendable {
    /// From 0 to 1.
    var progress: Double
    /// What has been found so far, if it can be played before the rest has been found.
    var index: MotionJPEGIndex?
    var isDone: Bool
  }

  enum Failure: Error, Sendable {
    /// It cannot be read, or is not what it was when it was opened.
    case changed(String)
    case unplayable(String)
  }

  private let source: PictureSource
  private let state: Mutex<State>

  private enum State: Sendable {
    case file(MotionJPEGScanner)
    case folder(MotionJPEGIndex, next: Int)
  }

  /// So many bytes of numbered pictures are read in a step.
  private static let stepBytes = 1 << 20

  init(_ source: PictureSource, named name: String) {
    self.source = source
    switch source {
    case .file(_, let identity):
      state = Mutex(.file(MotionJPEGScanner(size: identity.size, named: name)))
    case .folder: state = Mutex(.folder(MotionJPEGIndex(container: "pictures"), next: 0))
    }
  }

  /// Takes the next step.
  ///
  /// - Parameter wantsIndex: whether to hand over what has been found, which costs a copy of it.
  func step(wantsIndex: Bool) -> Result<Step, Failure> {
    state.withLock { state in
      do throws(Failure) {
        switch state {
        case .file(var scanner):
          // One owner, so that the index grows in place.
          state = .folder(MotionJPEGIndex(container: ""), next: 0)
          defer { state = .file(scanner) }
          try look(&scanner)
          let isDone = scanner.wanted == nil
          let isPlayable = isDone || (wantsIndex && scanner.isInOrder)
          return .success(
            Step(
              progress: scanner.progress, index: isPlayable ? scanner.index : nil, isDone: isDone))
        case .folder(var index, var next):
          defer { state = .folder(index, next: next) }
          try look(&index, &next)
          let isDone = next == source.count
          return .success(
            Step(
              progress: Double(next) / Double(source.count),
              index: isDone || wantsIndex ? index : nil, isDone: isDone))
        }
      } catch {
        return .failure(error)
      }
    }
  }

  private func look(_ scanner: inout MotionJPEGScanner) throws(Failure) {
    guard case .file(let file, _) = source, let wanted = scanner.wanted else { return }
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try file.read(wanted.count, at: wanted.lowerBound)
    } catch {
      throw .changed(error.reason)
    }
    do throws(JPEGError) {
      try scanner.take(bytes.span)
    } catch {
      throw source.isUnchanged ? .unplayable("\(error)") : .changed("it is being changed")
    }
    if scanner.wanted == nil, !source.isUnchanged { throw .changed("it is being changed") }
  }

  private func look(_ index: inout MotionJPEGIndex, _ next: inout Int) throws(Failure) {
    guard case .folder(let pictures) = source else { return }
    var bytes = 0
    while next < pictures.paths.count, bytes < Self.stepBytes {
      let picture: [UInt8]
      do throws(SystemError) {
        picture = try pictures.read(next)
      } catch {
        throw .changed(error.reason)
      }
      guard picture.count == pictures.identities[next].size else {
        throw .changed("\(pictures.paths[next]) has been changed")
      }
      index.add(picture.span)
      bytes += picture.count
      next += 1
    }
    if next == pictures.paths.count, index.isHopeless {
      throw .unplayable(index.fault.map { "\(pictures.paths[0]): \($0)" } ?? "no picture")
    }
  }
}
