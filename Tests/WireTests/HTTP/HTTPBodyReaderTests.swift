import Testing

@testable import Wire

@Suite("HTTPBodyReader")
struct HTTPBodyReaderTests {
  private struct Outcome: Equatable {
    var body: [UInt8] = []
    var isComplete = false
    /// What was not read.
    var rest: [UInt8] = []
    var fault: HTTPBodyReader.Fault?
  }

  private func read(
    _ pieces: [[UInt8]], _ framing: HTTPBodyReader.Framing,
    bounds: HTTPBodyReader.Bounds = .init()
  ) -> Outcome {
    var (reader, outcome) = (HTTPBodyReader(framing, bounds: bounds), Outcome())
    var (buffer, start) = ([UInt8](), 0)
    do throws(HTTPBodyReader.Fault) {
      for piece in pieces {
        buffer += piece
        while !outcome.isComplete, let piece = try reader.next(in: buffer, from: &start) {
          switch piece {
          case .bytes(let range):
            #expect(!range.isEmpty)
            outcome.body += buffer[range]
          case .end: outcome.isComplete = true
          }
        }
      }
    } catch {
      outcome.fault = error
    }
    outcome.rest = Array(buffer[start...])
    return outcome
  }

  /// The same whole and cut at every byte.
  private func read(
    _ text: String, _ framing: HTTPBodyReader.Framing, bounds: HTTPBodyReader.Bounds = .init()
  ) -> Outcome {
    let bytes = Array(text.utf8)
    let whole = read([bytes], framing, bounds: bounds)
    for cut in bytes.indices {
      let outcome = read(
        [Array(bytes[..<cut]), Array(bytes[cut...])], framing, bounds: bounds)
      #expect(outcome.body == whole.body && outcome.fault == whole.fault, "cut at \(cut)")
      #expect(outcome.isComplete == whole.isComplete && outcome.rest == whole.rest)
    }
    #expect(read(bytes.map { [$0] }, framing, bounds: bounds).body == whole.body)
    return whole
  }

  @Test("a length says where the body ends, and what follows is left")
  func fixed() {
    let outcome = read("hello GET /", .fixed(5))
    #expect(outcome.body == Array("hello".utf8) && outcome.isComplete)
    #expect(outcome.rest == Array(" GET /".utf8))
    #expect(read("GET /", .fixed(0)).isComplete && read("GET /", .fixed(0)).body.isEmpty)
    #expect(!read("hell", .fixed(5)).isComplete)
  }

  @Test("chunks are joined, with extensions and trailers, with CR LF or LF")
  func chunked() {
    for text in [
      "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n", "5\nhello\n7\n, world\n0\n\n",
      "00000005\r\nhello\r\n7 \r\n, world\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    ] {
      let outcome = read(text + "GET", .chunked)
      #expect(outcome.body == Array("hello, world".utf8), "\(text)")
      #expect(outcome.isComplete && outcome.rest == Array("GET".utf8), "\(text)")
    }
  }

  @Test("chunks that are cut off are not complete, wherever that is")
  func truncations() {
    let bytes = Array("5\r\nhello\r\n0\r\nA: b\r\n\r\n".utf8)
    for length in bytes.indices {
      let outcome = read([Array(bytes[..<length])], .chunked)
      #expect(!outcome.isComplete && outcome.fault == nil, "cut to \(length)")
    }
  }

  @Test("without either the body goes on for ever")
  func untilClosed() {
    let outcome = read("0\r\n\r\nhello", .untilClosed)
    #expect(outcome.body == Array("0\r\n\r\nhello".utf8) && !outcome.isComplete)
    #expect(HTTPBodyReader(.untilClosed, bounds: .init()).endsWithConnection)
    #expect(!HTTPBodyReader(.chunked, bounds: .init()).endsWithConnection)
  }

  @Test(
    "what is no chunk is refused",
    arguments: [
      "x\r\n", "\r\n", "-1\r\n", "123456789\r\n", "5\r\nhelloX", "5\r\nhello\rX", " ;\r\n",
    ])
  func malformed(_ text: String) {
    #expect(read(text, .chunked).fault != nil)
  }

  @Test("sizes and trailers are bounded")
  func bounds() {
    let bounds = HTTPBodyReader.Bounds(chunkLineBytesMax: 8, trailerBytesMax: 16)
    #expect(read("1;234567", .chunked, bounds: bounds).fault == nil)
    #expect(read("1;2345678", .chunked, bounds: bounds).fault != nil)
    #expect(read("0\r\nA: b\r\nC: d\r\n\r\n", .chunked, bounds: bounds).isComplete)
    #expect(read("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", .chunked, bounds: bounds).fault != nil)
  }
}
