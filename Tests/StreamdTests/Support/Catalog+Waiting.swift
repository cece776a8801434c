import Reactor
import Wire

@testable import Streamd

extension Catalog {
  /// The packets of a medium, once the worker has made them.
  func packets(
    named name: String, _ layout: MediaFile.Layout, on loop: EventLoop
  ) throws -> (media: MediaFile, packets: PacketBuffer) {
    var answer: Packed?
    packets(named: name, layout) { answer = $0 }
    while true {
      if let answer { return try answer.get() }
      try loop.turn()
    }
  }
}

extension MediaFile {
  /// The packets in a layout, once the worker has made them.
  func pack(
    _ layout: Layout, from file: RegularFile, on worker: Worker, _ loop: EventLoop
  ) throws -> PacketBuffer {
    var answer: Packed?
    pack(layout, from: file, on: worker) { answer = $0 }
    while true {
      if let answer { return try answer.get() }
      try loop.turn()
    }
  }
}
