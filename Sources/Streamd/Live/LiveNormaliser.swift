internal import Reactor
internal import Wire

/// Makes live pictures such as RTP can carry, on a thread of its own: files that are played do not
/// wait for what somebody publishes.
final class LiveNormaliser {
  private let worker: Worker
  /// Of all sources together. A picture takes the worker up to a second; more would only be late.
  private static let waitingMax = 16

  /// - Parameter worker: has nothing else to do.
  init(_ worker: Worker) { self.worker = worker }

  /// Hands the picture to `done` in a turn of the loop; false when there are too many already, and
  /// then nothing comes.
  func normalise(
    _ jpeg: [UInt8], then done: @escaping (Result<RTPJPEGPicture, JPEGError>) -> Void
  ) -> Bool {
    guard worker.pending < Self.waitingMax else { return false }
    do throws(SystemError) {
      try worker.perform(
        {
          do throws(JPEGError) {
            return Result<RTPJPEGPicture, JPEGError>.success(try RTPJPEGPicture(normalizing: jpeg))
          } catch {
            return .failure(error)
          }
        }, then: done)
      return true
    } catch {
      Log.warning("no thread for live pictures", ["error": "\(error)"])
      return false
    }
  }
}
