import Testing

@testable import Wire

@Suite("RTPJPEGPicture")
struct RTPJPEGPictureTests {
  @Test("a picture that RTP can carry stays as it is, and makes the packetizer's packets")
  func asItIs() throws {
    let picture = try #require(RTPJPEGPicture(asItIs: Repository.picture))
    #expect(picture.bytes == Repository.picture)
    #expect((picture.frame.width, picture.frame.height) == (640, 480))
    #expect(try RTPJPEGPicture(normalizing: Repository.picture) == picture)
    let packetizer = JPEGPacketizer(interleaved: false)
    let jpeg = Repository.picture
    let packets = packetizer.packets(picture.frame, jpeg.span, scan: picture.scan)
    #expect(picture.packets(packetizer) == packets)
  }

  @Test("another one is refused as it is")
  func refusesOthers() {
    var progressive = TestPicture()
    progressive.frameMarker = 0xC2
    #expect(RTPJPEGPicture(asItIs: progressive.bytes) == nil)
    #expect(RTPJPEGPicture(asItIs: []) == nil)
  }

  @Test("what is no picture, or cut off anywhere, is an error or a picture, and never a trap")
  func truncations() {
    for end in stride(from: 0, to: Repository.picture.count, by: 97) {
      let part = Array(Repository.picture[..<end])
      let picture = try? RTPJPEGPicture(normalizing: part)
      #expect(picture.map { $0.scan.upperBound <= $0.bytes.count } ?? true)
    }
  }
}
