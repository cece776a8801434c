import Foundation
import Testing
import Wire

/// Pictures that are more than a receiver's buffer holds at once.
@Suite("Large pictures")
struct LargePictureTests {
  /// The first picture of the sample with so many bytes of data, each picture with its own.
  private static func picture(_ number: Int, bytes: Int) throws -> [UInt8] {
    let sample = try #require(try Repository.samplePictures().first)
    let scan = try #require(
      sample.indices.dropLast().first { sample[$0] == 0xFF && sample[$0 + 1] == 0xDA })
    let data = (0..<bytes).map { UInt8(($0 / 7 &+ $0 &* 13 &+ number) & 0x7F) }
    return sample[..<(scan + 14)] + data + [0xFF, 0xD9]
  }

  @Test(
    "a megabyte arrives whole over UDP, spread over a part of the period", .timeLimit(.minutes(1)))
  func whole() throws {
    let folder = try TemporaryFolder()
    let pictures = try (0..<4).map { try Self.picture($0, bytes: 1_000_000) }
    try folder.write("large.mjpeg", pictures.flatMap { $0 })
    let daemon = try DaemonProcess(["--fps", "10"], media: folder.path)
    let client = try RTSPClient(port: daemon.port)
    let ports = try UDPPair()
    let url = daemon.url("large.mjpeg")
    let session = try client.request("SETUP", url, [ports.transport]).session
    #expect(try client.request("PLAY", url, ["Session: \(session)"]).status == 200)
    var depacketizer = JPEGDepacketizer(pictureBytesMax: 2 << 20)
    var (last, seen) = (UInt16?.none, [[UInt8]]())
    while seen.count < 3 {
      let packet = try #require(ports.rtp.receive(), "no packet for five seconds")
      let header = try RTPHeader(parsing: packet.span)
      // What is lost here is the test's own slowness: the next picture counts.
      if let last, header.sequence != last &+ 1 { depacketizer.lost() }
      last = header.sequence
      if let jpeg = depacketizer.receive(packet.span, header) { seen.append(jpeg.suffix(900_000)) }
    }
    #expect(seen.allSatisfy { jpeg in pictures.contains { $0.suffix(900_000) == jpeg } })
  }
}
