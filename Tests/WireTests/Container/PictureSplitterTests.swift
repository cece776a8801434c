import Testing

@testable import Wire

@Suite("PictureSplitter")
struct PictureSplitterTests {
  private static let picture = TestPicture().bytes
  private static let other = TestPicture(scan: [1, 2, 3, 4, 5, 6, 7]).bytes

  private struct Outcome: Equatable {
    var items: [PictureSplitter.Item] = []
    var fault: PictureSplitter.Fault?
  }

  private func split(
    _ pieces: [[UInt8]], _ declared: PictureSplitter.Form? = nil, max: Int = 10_000
  ) -> Outcome {
    var splitter = PictureSplitter(declared: declared, pictureBytesMax: max)
    var outcome = Outcome()
    do throws(PictureSplitter.Fault) {
      for piece in pieces {
        splitter.feed(piece.span)
        while let item = try splitter.next() { outcome.items.append(item) }
      }
      if let item = splitter.finish() { outcome.items.append(item) }
    } catch {
      outcome.fault = error
    }
    return outcome
  }

  /// The same whole, cut at every byte, and in pieces of some sizes.
  private func split(
    _ bytes: [UInt8], _ declared: PictureSplitter.Form? = nil, max: Int = 10_000
  ) -> Outcome {
    let whole = split([bytes], declared, max: max)
    for cut in bytes.indices {
      let outcome = split([Array(bytes[..<cut]), Array(bytes[cut...])], declared, max: max)
      #expect(outcome == whole, "cut at \(cut)")
    }
    for size in [1, 2, 5, 16] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min(bytes.count, $0 + size)])
      }
      #expect(split(pieces, declared, max: max) == whole, "in pieces of \(size)")
    }
    return whole
  }

  private func part(
    _ picture: [UInt8], _ fields: [String], newline: String = "\r\n", delimiter: String = "--frame"
  ) -> [UInt8] {
    Array(([delimiter] + fields + ["", ""]).joined(separator: newline).utf8) + picture
      + Array(newline.utf8)
  }

  @Test(
    "finds the parts of a multipart body, with and without lengths",
    arguments: ["\r\n", "\n"], [true, false])
  func multipart(newline: String, hasLength: Bool) {
    var bytes: [UInt8] = []
    for picture in [Self.picture, Self.other] {
      let length = hasLength ? ["content-length: \(picture.count)"] : []
      bytes += part(picture, ["Content-type: image/jpeg"] + length, newline: newline)
    }
    let expected = [Self.picture, Self.other].map(PictureSplitter.Item.picture)
    #expect(split(bytes).items == expected)
    #expect(split(Array("\r\n".utf8) + bytes + Array("--frame--\r\n".utf8)).items == expected)
    #expect(split(bytes + Array("--frame--\r\n".utf8) + bytes).items == expected + expected)
    // What is declared does not matter where the bytes say what they are.
    #expect(split(bytes, .concatenated).items == expected)
  }

  @Test("is read as FFmpeg writes it")
  func ffmpeg() {
    var bytes = Array("--ffmpeg\r\n".utf8)
    for picture in [Self.picture, Self.other] {
      let head = "Content-type: image/jpeg\r\nContent-length: \(picture.count)\r\n\r\n"
      bytes += Array(head.utf8) + picture + Array("\r\n--ffmpeg\r\n".utf8)
    }
    #expect(split(bytes).items == [.picture(Self.picture), .picture(Self.other)])
  }

  @Test("finds pictures one after the other, with anything in between")
  func concatenated() {
    let expected = [Self.picture, Self.other].map(PictureSplitter.Item.picture)
    #expect(split(Self.picture + Self.other).items == expected)
    #expect(split(Self.picture + [0, 0, 0xFF, 0xD8, 0] + Self.other + [0]).items == expected)
    let prefixed = Array("00\(Self.picture.count)".utf8.suffix(5)) + Self.picture
    let second = Array("00\(Self.other.count)".utf8.suffix(5)) + Self.other
    #expect(split(prefixed + second).items == expected)
    #expect(split([0, 0, 0, 0, 0, 0, 0, 0] + Self.picture, .concatenated).items.count == 1)
  }

  @Test("a picture comes with its last byte")
  func latency() throws {
    let multipart = part(Self.picture, ["Content-Length: \(Self.picture.count)"])
    for bytes in [Self.picture, Array(multipart.dropLast(2))] {
      var splitter = PictureSplitter(pictureBytesMax: 10_000)
      let start = Array(bytes.dropLast())
      splitter.feed(start.span)
      let nothing = try splitter.next()
      #expect(nothing == nil)
      let last = [bytes[bytes.count - 1]]
      splitter.feed(last.span)
      let picture = try splitter.next()
      #expect(picture == .picture(Self.picture))
    }
  }

  @Test("what is no picture costs itself alone")
  func broken() {
    let good = PictureSplitter.Item.picture(Self.picture)
    let jpeg = ["Content-Type: image/jpeg"]
    let length = "Content-Length: \(Self.picture.count)"
    let end = part(Self.picture, jpeg + [length])
    // A length that is too short, and one of something else.
    #expect(split(part(Self.other, jpeg + ["Content-Length: 9"]) + end).items.last == good)
    #expect(split(part([1, 2, 3], jpeg + ["Content-Length: 3"]) + end).items == [.broken, good])
    #expect(split(part([1, 2, 3], jpeg) + end).items == [.broken, good])
    #expect(split(part([], jpeg + ["Content-Length: 0"]) + end).items == [good])
    let text = ["Content-Type: text/plain"]
    #expect(split(part([1, 2], text + ["Content-Length: 2"]) + end).items == [good])
    #expect(split(part(Array("a: b\r\n\r\nc".utf8), text) + end).items == [good])
    #expect(split(Self.picture.dropLast(2) + Self.picture).items == [.broken, good])
    #expect(split([0xFF, 0xD8, 0xFF, 0xC0, 0, 0, 1] + Self.picture).items == [.broken, good])
    let overlong = Array(String(repeating: "x", count: 3000).utf8)
    #expect(split([end + overlong + [0x0A] + end]).items == [good, good])
  }

  @Test("a picture that is cut off is counted, wherever that is")
  func truncations() {
    for length in 3..<Self.picture.count {
      #expect(split([Array(Self.picture[..<length])]).items == [.broken], "cut to \(length)")
    }
    let multipart = part(Self.picture, ["Content-Length: \(Self.picture.count)"])
    for length in multipart.indices.dropLast(2) {
      let items = split([Array(multipart[..<length])]).items
      #expect(items == [] || items == [.broken], "cut to \(length)")
    }
  }

  @Test("a picture that is too large ends the body before it is there")
  func bounds() {
    let length = Self.picture.count
    let tooLarge = Outcome(items: [], fault: .tooLarge(length - 1))
    #expect(split(Self.picture, max: length).items.count == 1)
    #expect(split(Self.picture, max: length - 1) == tooLarge)
    let multipart = part(Self.picture, ["Content-Length: \(length)"])
    #expect(split(multipart, max: length).items.count == 1)
    #expect(split(Array(multipart.prefix(40)), max: length - 1).fault == .tooLarge(length - 1))
    let endless = Self.picture.dropLast(2) + [UInt8](repeating: 7, count: 1000)
    #expect(split([Array(endless)], max: 900).fault == .tooLarge(900))
  }

  @Test(
    "something else is refused by its first bytes",
    arguments: ["RIFF....AVI ", "GIF89a!", "{\"a\": 1}", "00100xx", "\r\n\r\nhello, world"])
  func foreign(_ text: String) {
    #expect(split(Array(text.utf8)).fault == .foreign)
    #expect(split(Array(text.utf8), .multipart) == Outcome())
  }

  @Test("a media type declares a form, nothing, or something else")
  func types() throws {
    typealias Form = PictureSplitter.Form
    #expect(try Form.declared(by: "multipart/x-mixed-replace") == .multipart)
    #expect(try Form.declared(by: "video/x-motion-jpeg") == .concatenated)
    #expect(try Form.declared(by: "image/jpeg") == .concatenated)
    for type in [nil, "", "application/octet-stream"] {
      #expect(try Form.declared(by: type) == nil)
    }
    for type in ["video/mp4", "image/png", "application/json"] {
      #expect(throws: PictureSplitter.Fault.foreign) { try Form.declared(by: type) }
    }
  }

  @Test("empty lines before the first picture are neither kept nor gone through again")
  func emptyLines() throws {
    var splitter = PictureSplitter(pictureBytesMax: 10_000)
    let lines = [UInt8](repeating: 0x0A, count: 16_384)
    for _ in 0..<256 {
      splitter.feed(lines.span)
      #expect(try splitter.next() == nil)
    }
    splitter.feed(Self.picture.span)
    #expect(try splitter.next() == .picture(Self.picture))
  }
}
