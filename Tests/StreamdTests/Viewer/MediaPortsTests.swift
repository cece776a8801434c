import Testing

@testable import Reactor
@testable import Streamd

@Suite("MediaPorts")
struct MediaPortsTests {
  /// Ports at which there is always something, and be it an empty datagram.
  private final class Flood: MediaPorts {
    let rtpRegistration = Registration(number: 0, generation: 0)
    private(set) var reads = 0

    func receive(into batch: DatagramBatch) -> Bool {
      reads += 1
      return true
    }

    func receiveControl(into buffer: ReceiveBuffer) -> Bool { false }
    func sendControl(_ bytes: [UInt8]) {}
    func release() {}
  }

  @Test("a flood of empty datagrams leaves others their turn")
  func flood() {
    let ports = Flood()
    ports.receive(with: ReceiveBuffer(capacity: 16)) { $0.count == 0 }
    #expect(ports.reads == 64)
  }

  @Test("whoever has enough is given nothing more")
  func enough() {
    let ports = Flood()
    ports.receive(with: ReceiveBuffer(capacity: 16)) { _ in ports.reads < 3 }
    #expect(ports.reads == 3)
  }
}
