import Reactor
import Wire

@testable import Streamd

extension EventLoop {
  /// Takes turns until an answer has come.
  func wait<Answer>(_ ask: (@escaping (Answer) -> Void) -> Void) throws -> Answer {
    var answer: Answer?
    ask { answer = $0 }
    while true {
      if let answer { return answer }
      try turn()
    }
  }
}

extension Catalog {
  /// The medium of a name, once it has been opened.
  func media(named name: String, on loop: EventLoop) throws -> MediaFile {
    try loop.wait { (done: @escaping (Found) -> Void) in media(named: name, then: done) }.get()
  }

  /// The packets of a medium, once the first of them have been made.
  func packets(
    named name: String, _ layout: MediaFile.Layout, on loop: EventLoop
  ) throws -> (media: MediaFile, packets: PacketSlices) {
    try loop.wait { (done: @escaping (Packed) -> Void) in
      packets(named: name, layout, then: done)
    }.get()
  }

  /// Looks at the folder and opens what is in it.
  func scan(on loop: EventLoop) throws {
    try loop.wait { (done: @escaping (()) -> Void) in settled(within: 60) { done(()) } }
  }
}

extension PacketSlices {
  /// The slice of a frame, once it has been made.
  func slice(of frame: Int, on loop: EventLoop) throws -> PacketSlice {
    try loop.wait { (done: @escaping (Loaded) -> Void) in load(frame, then: done) }.get()
  }

  /// A frame's bytes.
  func copy(of frame: Int, on loop: EventLoop) throws -> [UInt8] {
    let slice = try slice(of: frame, on: loop)
    return slice.packets.copy(of: frame - slice.frames.lowerBound)
  }
}
