import Testing

@Suite("FFmpegComplaints")
struct FFmpegComplaintsTests {
  @Test("a search for free ports is no complaint, however often it is repeated")
  func search() {
    let errors = """
      [udp @ 0x55d0c0ffee00] bind failed: Address already in use
          Last message repeated 145 times
      [udp @ 0x55d0c0ffee40] bind failed: Address already in use

      """
    #expect(FFmpegComplaints.judged(errors) == "")
    #expect(FFmpegComplaints.judged("") == "")
  }

  @Test("the end of the first picture may be missed, once")
  func firstPicture() {
    let line = "[mjpeg @ 0x55d0c0ffee00] EOI missing, emulating"
    #expect(FFmpegComplaints.judged(line + "\n") == "")
    #expect(FFmpegComplaints.judged("\(line)\n\(line)\n") == line)
    let repetition = "    Last message repeated 2 times"
    #expect(FFmpegComplaints.judged("\(line)\n\(repetition)\n") == repetition)
  }

  @Test(
    "everything else is left",
    arguments: [
      "[udp @ 0x55d0c0ffee00] bind failed: Permission denied",
      "[tcp @ 0x55d0c0ffee00] bind failed: Address already in use",
      "[udp @ 0x55d0c0ffee00] bind failed: Address already in use, and more",
      "more: [udp @ 0x55d0c0ffee00] bind failed: Address already in use",
      "[rtsp @ 0x1] max delay reached. need to consume packet\n    Last message repeated 2 times",
      "    Last message repeated 2 times",
    ])
  func others(_ errors: String) {
    #expect(FFmpegComplaints.judged(errors) == errors)
  }

  @Test("what is repeated after another line belongs to that line")
  func mixed() {
    let errors = """
      [rtsp @ 0x1] RTP: missed 3 packets
          Last message repeated 2 times
      [udp @ 0x2] bind failed: Address already in use
          Last message repeated 9 times
          Last message repeated 8 times
      [rtsp @ 0x1] RTP: missed 4 packets
          Last message repeated 1 times
      """
    let judged = """
      [rtsp @ 0x1] RTP: missed 3 packets
          Last message repeated 2 times
      [rtsp @ 0x1] RTP: missed 4 packets
          Last message repeated 1 times
      """
    #expect(FFmpegComplaints.judged(errors) == judged)
  }
}
