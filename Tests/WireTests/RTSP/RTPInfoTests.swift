import Testing

@testable import Wire

@Suite("RTPInfo")
struct RTPInfoTests {
  static let cases: [(RTPInfo, String)] = [
    (
      RTPInfo(url: "rtsp://h/m/stream=0", sequence: 45_102, timestamp: 2_890_844_526),
      "url=rtsp://h/m/stream=0;seq=45102;rtptime=2890844526"
    ),
    (RTPInfo(url: "x", sequence: 0, timestamp: 0), "url=x;seq=0;rtptime=0"),
    (
      RTPInfo(url: "x", sequence: .max, timestamp: .max), "url=x;seq=65535;rtptime=4294967295"
    ),
  ]

  @Test("is written as in RFC 2326 §12.33 and read back", arguments: cases)
  func roundTrip(info: RTPInfo, text: String) {
    #expect(info.description == text)
    #expect(RTPInfo(text) == info)
  }

  @Test(
    "reads fields in any order and case, and the first track only",
    arguments: [
      "rtptime=9;seq=7;url=u", "URL=u; Seq=7 ;RTPTIME= 9", "url=u;seq=7;rtptime=9,url=v;seq=1",
      "url=u;seq=7;ssrc=1;rtptime=9;flag",
    ])
  func reads(text: String) {
    #expect(RTPInfo(text) == RTPInfo(url: "u", sequence: 7, timestamp: 9))
  }

  @Test("a URL that begins with a combining mark is read back: a fuzzer's finding")
  func combiningMark() {
    let info = RTPInfo(url: "\u{5A5}t://h", sequence: 1, timestamp: 90_000)
    #expect(RTPInfo("url= \u{5A5}t://h;seq=1;rtptime=90000") == info)
    #expect(RTPInfo(info.description) == info)
  }

  @Test(
    "refuses a missing field or a number out of range",
    arguments: [
      "", ";", ",", "url=u", "url=u;seq=1", "url=u;rtptime=1", "seq=1;rtptime=1",
      "url=;seq=1;rtptime=1", "url= ;seq=1;rtptime=901", "url=u;seq=65536;rtptime=1",
      "url=u;seq=-1;rtptime=1",
      "url=u;seq=1;rtptime=4294967296", "url=u;seq=1;rtptime=+1", "url=u;seq=;rtptime=1",
      "url=u;seq=1e3;rtptime=1", ",url=u;seq=7;rtptime=9",
    ])
  func refuses(text: String) {
    #expect(RTPInfo(text) == nil)
  }
}
