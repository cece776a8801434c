internal import Reactor
internal import Wire

/// A live source's pictures as multipart, as they come.
final class LivePictureStream: PictureStream, LiveViewer {
  let isDirect = true
  private let stream: LiveStream
  private var thinning: Thinning
  private let lingerSeconds: Int
  private weak var connection: HTTPConnection?

  init(_ stream: LiveStream, rate: FrameRate?, lingerSeconds: Int) {
    self.stream = stream
    thinning = Thinning(rate)
    self.lingerSeconds = lingerSeconds
  }

  func start(on connection: HTTPConnection) {
    self.connection = connection
    stream.add(self)
    // Behind the header, which is still to be sent; a frame that finds no room is left out.
    connection.settle()
    if let current = stream.current { show(current, at: current.arrival) }
  }

  func stop() { stream.remove(self) }

  var subject: (videoFile: String, sessionId: String) { (stream.name, "") }

  func show(_ frame: LiveFrame, at now: Instant) {
    guard thinning.takes(now / 1000) else { return }
    connection?.show(frame.packets(.multipart), frame: 0)
  }

  func missed() { connection?.passOver() }

  func sourceEnded() { connection?.finish(lingerSeconds: lingerSeconds) }
}
