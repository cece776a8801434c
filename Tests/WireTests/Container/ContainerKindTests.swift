import Testing

@testable import Wire

@Suite("ContainerKind")
struct ContainerKindTests {
  private static let picture = TestPicture().bytes
  private static let part = Array(
    "--b\r\nContent-Type: image/jpeg\r\n\r\n".utf8)

  private func kind(_ bytes: [UInt8]) -> ContainerKind { ContainerKind(bytes.span) }
  private func isLikely(_ bytes: [UInt8]) -> Bool { ContainerKind.isLikelyVideo(bytes.span) }

  private func fault(_ bytes: [UInt8]) -> String? {
    do throws(JPEGError) {
      _ = try MotionJPEGIndex(bytes.span)
      return nil
    } catch { return error.reason }
  }

  @Test("knows the four containers that are read by their first bytes")
  func readable() {
    let kinds: [(bytes: [UInt8], kind: ContainerKind, name: String)] = [
      (Self.picture, .concatenated, "concatenated JPEG"),
      (Array("00700".utf8) + Self.picture, .lengthPrefixed, "length-prefixed"),
      (Array("  700".utf8) + Self.picture, .lengthPrefixed, "length-prefixed"),
      (TestAVI([Self.picture]).bytes, .avi, "AVI"),
      (Array("RIFF\0\0\0\0AVI\u{19}LIST".utf8), .avi, "AVI"),
      (Self.part + Self.picture, .multipart, "multipart"),
      (Array("\r\n".utf8) + Self.part, .multipart, "multipart"),
    ]
    for (bytes, kind, name) in kinds {
      #expect(self.kind(bytes) == kind && kind.name == name)
      #expect(isLikely(bytes), "\(name)")
      #expect(kind.refusal(named: "x") == nil)
      // Enough of it, and no more than that, is looked at.
      let head = Array(bytes.prefix(ContainerKind.headBytes))
      #expect(self.kind(head) == kind)
    }
  }

  @Test("what can be put into another container as it is gets the command that does it")
  func foreign() {
    let kinds: [(bytes: [UInt8], what: String)] = [
      ([0, 0, 0, 0x20] + Array("ftypisom".utf8), "an MP4 or QuickTime file"),
      ([0, 0, 0, 8] + Array("wide".utf8), "an MP4 or QuickTime file"),
      ([0, 0, 0, 0x6C] + Array("moov".utf8), "an MP4 or QuickTime file"),
      ([9, 9, 9, 9] + Array("mdat".utf8), "an MP4 or QuickTime file"),
      ([0x1A, 0x45, 0xDF, 0xA3, 1, 2], "a Matroska or WebM file"),
      ([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "an ASF or WMV file"),
    ]
    for (bytes, what) in kinds {
      #expect(kind(bytes) == .foreign(what))
      #expect(kind(bytes).name == "" && isLikely(bytes))
      let refusal = kind(bytes).refusal(named: "a b.mp4")
      #expect(
        refusal
          == "\(what), which is not read here; if the video in it is Motion-JPEG, put it into an "
          + "AVI file without loss: ffmpeg -i 'a b.mp4' -c copy 'a b.avi'")
      #expect(fault(bytes)?.hasPrefix(what) == true)
    }
  }

  @Test("video that is never Motion-JPEG gets the command that converts it")
  func otherVideo() {
    var stream = [UInt8](repeating: 0xFF, count: 400)
    for offset in [0, 188, 376] { stream[offset] = 0x47 }
    var timed = [UInt8](repeating: 0xFF, count: 400)
    for offset in [4, 196, 388] { timed[offset] = 0x47 }
    for bytes in [stream, timed, Array("OggS\0".utf8), [0, 0, 1, 0xBA], [0, 0, 0, 1, 0x67]] {
      #expect(isLikely(bytes))
      let refusal = kind(bytes).refusal(named: "x.ts")
      #expect(refusal?.contains(", not Motion-JPEG; convert it with: ffmpeg -i x.ts ") == true)
      #expect(fault(bytes)?.contains("not Motion-JPEG") == true)
    }
    stream[376] = 0
    #expect(kind(stream) == .unknown)
  }

  @Test("what is no video is not expected to play")
  func noVideo() {
    let kinds: [(bytes: [UInt8], what: String)] = [
      ([0x89] + Array("PNG\r\n".utf8), "a PNG picture"), (Array("GIF89a".utf8), "a GIF picture"),
      (Array("PK\u{3}\u{4}".utf8), "a ZIP archive"), (Array("%PDF-1.7".utf8), "a PDF document"),
      (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "a WebP picture"),
      ([0, 0, 0, 0x18] + Array("ftypheic".utf8), "a HEIF picture"),
    ]
    for (bytes, what) in kinds {
      #expect(kind(bytes) == .other(what, isVideo: false) && !isLikely(bytes))
      #expect(kind(bytes).refusal(named: "x") == "\(what), no video")
    }
  }

  @Test(
    "is unknown where nothing is known",
    arguments: [
      "", "RIFF", "RIFF\0\0\0\0AVIX", "hello", "--", "--\r\n", "--b\r\n\r\n",
      "-- comment\nselect 1;",
      "--b\r\nX-Part: 1\r\n\r\n", "--b\r\nContent-Type image/jpeg\r\n\r\n", "0000", "textfree text",
      "--b\r\nContent-Type: text/plain\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    ])
  func unknown(text: String) {
    #expect(kind(Array(text.utf8)) == .unknown && !isLikely(Array(text.utf8)))
    let refusal = kind(Array(text.utf8)).refusal(named: "x.bin")
    #expect(refusal?.hasPrefix("neither Motion-JPEG nor a video that is known here") == true)
  }

  @Test("a number in front makes a length only if a picture follows")
  func numbers() {
    for text in ["00005hello", "12345", "2026 was a year"] {
      #expect(!isLikely(Array(text.utf8)))
    }
  }

  @Test("survives every truncation and random bytes")
  func survives() {
    let seed: UInt64 = 12
    var random = SplitMix64(seed: seed)
    let files = [TestAVI([Self.picture]).bytes, Self.part + Self.picture]
    for file in files {
      for length in 0...min(file.count, 300) { _ = kind(Array(file[..<length])) }
    }
    var known = 0
    for _ in 0..<3000 {
      var bytes = files[random.below(2)]
      for _ in 0...random.below(3) { bytes[random.below(40)] = random.bytes(1)[0] }
      if kind(bytes) != .unknown { known += 1 }
    }
    #expect(known > 100 && known < 3000, "seed \(seed)")
  }
}
