import Foundation
import Testing

@testable import Wire

/// Pictures by independent encoders (libjpeg-turbo's programs, Pillow), normalised, and what
/// libjpeg-turbo decodes before and after.
@Suite("JPEGNormalizer")
struct JPEGNormalizerTests {
  /// A folder with the pictures of every test, made once.
  private final class Corpus: Sendable {
    let url: URL

    static let shared = Result { try Corpus() }

    init() throws {
      url = FileManager.default.temporaryDirectory.appending(path: "jpeg-\(UUID())")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      try Data(Repository.picture).write(to: url.appending(path: "source.jpg"))
      try run(
        """
        djpeg source.jpg > source.ppm
        djpeg -grayscale source.jpg > source.pgm
        cjpeg -optimize -sample 2x2 source.ppm > optimised.jpg
        cjpeg -optimize -sample 2x1 source.ppm > optimised-422.jpg
        cjpeg -progressive -sample 2x2 source.ppm > progressive.jpg
        cjpeg -progressive -sample 2x1 -quality 95 source.ppm > progressive-422.jpg
        cjpeg -optimize -restart 3 -sample 2x2 source.ppm > restart.jpg
        cjpeg -progressive -restart 7B -sample 2x2 source.ppm > progressive-restart.jpg
        cjpeg -quality 100 -optimize -sample 2x2 source.ppm > best.jpg
        cjpeg -quality 1 -optimize -sample 2x2 source.ppm > worst.jpg
        printf '0;1;2;' > sequential.scans
        cjpeg -sample 2x2 -scans sequential.scans source.ppm > separate.jpg
        cjpeg -optimize -sample 2x2,1x2,1x2 source.ppm > factors.jpg
        cjpeg -grayscale source.ppm > grey.jpg
        cjpeg -grayscale -progressive source.ppm > grey-progressive.jpg
        cjpeg -sample 1x1 source.ppm > full.jpg
        cjpeg -sample 1x1 -progressive source.ppm > full-progressive.jpg
        cjpeg -sample 4x1 source.ppm > quarter.jpg
        cjpeg -sample 1x2 source.ppm > upright.jpg
        cjpeg -arithmetic source.ppm > arithmetic.jpg
        cjpeg -rgb source.ppm > rgb.jpg
        jpegtran -optimize -crop 603x451+0+0 source.jpg > odd.jpg
        /usr/bin/python3 - <<'P'
        from PIL import Image
        image = Image.open("source.ppm")
        image.save("pillow.jpg", quality=80, subsampling="4:2:0", optimize=True)
        image.crop((0, 0, 37, 21)).save("small-444.jpg", quality=90, subsampling="4:4:4")
        image.crop((0, 0, 1, 1)).save("dot.jpg", quality=90, subsampling="4:4:4")
        image.convert("CMYK").save("cmyk.jpg")
        luma = [2] * 64
        image.save("tables.jpg", qtables=[luma, [6] * 64, [9] * 64], subsampling="4:2:0")
        P
        """)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Runs lines of bash in the folder.
    @discardableResult
    func run(_ script: String) throws -> String {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-euc", script]
      process.currentDirectoryURL = url
      let output = Pipe()
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      try #require(process.terminationStatus == 0, "\(text)")
      return text
    }

    func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: url.appending(path: name)))
    }

    /// Normalises a picture and puts the file that a receiver would make of it beside it.
    func normalize(_ name: String) throws -> JPEGNormalizer.Picture {
      let bytes = try bytes("\(name).jpg")
      let picture = try JPEGNormalizer.normalize(bytes.span, at: 0)
      let file = picture.frame.fileHeader + picture.scan + [0xFF, 0xD9]
      // The result is what everybody's packetizer takes.
      let carried = try RTPJPEGFrame.inspect(file.span, at: 0)
      #expect(carried.frame == picture.frame, "\(name)")
      try Data(file).write(to: url.appending(path: "\(name)-normal.jpg"))
      return picture
    }
  }

  @Test(
    "what RTP can carry without loss decodes to the same pixels, to the last bit",
    arguments: [
      ("optimised", [.huffman], 1), ("optimised-422", [.huffman], 0),
      ("progressive", [.huffman, .scans], 1), ("progressive-422", [.huffman, .scans], 0),
      ("restart", [.huffman], 1), ("progressive-restart", [.huffman, .scans], 1),
      ("best", [.huffman], 1), ("worst", [.huffman, .tables], 1),
      ("separate", [.huffman, .scans], 1),
      ("factors", [.huffman, .units], 0), ("odd", [.huffman], 1), ("pillow", [.huffman], 1),
      ("tables", [.huffman, .tables], 1),
    ] as [(String, Set<JPEGNormalizer.Change>, UInt8)])
  func lossless(_ name: String, _ changes: Set<JPEGNormalizer.Change>, _ type: UInt8) throws {
    let corpus = try Corpus.shared.get()
    let picture = try corpus.normalize(name)
    #expect(picture.changes == changes)
    #expect(picture.frame.sampling.rawValue == type)
    try corpus.run(
      """
      djpeg \(name).jpg > \(name).a.ppm
      djpeg \(name)-normal.jpg > \(name).b.ppm
      cmp \(name).a.ppm \(name).b.ppm
      """)
  }

  @Test(
    "coefficients are the encoder's: libjpeg writes the same file from both",
    arguments: ["optimised", "optimised-422", "progressive", "best", "separate", "odd"])
  func coefficients(_ name: String) throws {
    let corpus = try Corpus.shared.get()
    _ = try corpus.normalize(name)
    try corpus.run(
      """
      jpegtran -copy none -optimize \(name).jpg > \(name).a.jpg
      jpegtran -copy none -optimize \(name)-normal.jpg > \(name).b.jpg
      cmp \(name).a.jpg \(name).b.jpg
      """)
  }

  @Test("restart intervals are kept where the units stay the same")
  func restarts() throws {
    let corpus = try Corpus.shared.get()
    // `-restart 3` means three rows of units.
    #expect(try corpus.normalize("restart").frame.restartInterval == 120)
    #expect(try corpus.normalize("progressive-restart").frame.restartInterval == 7)
    #expect(try corpus.normalize("optimised").frame.restartInterval == 0)
  }

  @Test(
    "greyscale stays the same in luma and has no colour", arguments: ["grey", "grey-progressive"])
  func greyscale(_ name: String) throws {
    let corpus = try Corpus.shared.get()
    let picture = try corpus.normalize(name)
    #expect(picture.changes.contains(.greyscale) && !picture.changes.contains { $0.isLossy })
    try corpus.run(
      """
      djpeg \(name).jpg > \(name).a.pgm
      djpeg -grayscale \(name)-normal.jpg > \(name).b.pgm
      cmp \(name).a.pgm \(name).b.pgm
      """)
    let colours = try corpus.run(
      """
      djpeg \(name)-normal.jpg | /usr/bin/python3 -c '
      import sys
      from PIL import Image
      print(all(r == g == b for r, g, b in Image.open(sys.stdin.buffer).getdata()))'
      """)
    #expect(colours == "True\n")
  }

  @Test(
    "other samplings keep their luma to the last bit, and chroma is close",
    arguments: ["full", "full-progressive", "quarter", "upright", "small-444", "dot"])
  func chroma(_ name: String) throws {
    let corpus = try Corpus.shared.get()
    let picture = try corpus.normalize(name)
    #expect(picture.changes.contains(.chroma) && picture.frame.sampling == .halved)
    try corpus.run(
      """
      djpeg -grayscale \(name).jpg > \(name).a.pgm
      djpeg -grayscale \(name)-normal.jpg > \(name).b.pgm
      cmp \(name).a.pgm \(name).b.pgm
      """)
    // Both brought to half the size, where 4:2:0 has its chroma, by averaging.
    let ratio = try corpus.run(
      """
      /usr/bin/python3 - <<'P'
      import math
      from PIL import Image
      def chroma(name):
          image = Image.open(name)
          image.draft("YCbCr", image.size)
          image = image.convert("YCbCr")
          size = ((image.width + 1) // 2, (image.height + 1) // 2)
          bands = image.resize(size, Image.BOX).split()[1:]
          return [value for band in bands for value in band.getdata()]
      a, b = chroma("\(name).jpg"), chroma("\(name)-normal.jpg")
      error = sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)
      print(99 if error == 0 else 10 * math.log10(255 ** 2 / error))
      P
      """)
    let decibels = try #require(Double(ratio.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(decibels >= 38, "\(decibels) dB")
  }

  @Test(
    "what cannot be carried is refused with the reason",
    arguments: [
      ("arithmetic", "arithmetically coded"), ("rgb", "the picture is RGB"),
      ("cmyk", "the picture is CMYK"),
    ])
  func refusals(_ name: String, _ words: String) throws {
    let bytes = try Corpus.shared.get().bytes("\(name).jpg")
    let error = #expect(throws: JPEGError.self) {
      try JPEGNormalizer.normalize(bytes.span, at: 0)
    }
    #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
  }

  @Test(
    "no bytes can trap: every cut, and thousands of changed ones",
    arguments: ["progressive", "optimised-422", "restart", "small-444", "tables", "separate"])
  func mutations(_ name: String) throws {
    let corpus = try Corpus.shared.get()
    // A small one, since every one is decoded.
    try corpus.run(
      """
      djpeg \(name).jpg | /usr/bin/python3 -c '
      import sys
      from PIL import Image
      image = Image.open(sys.stdin.buffer)
      image.crop((0, 0, 48, 32)).save("\(name).tiny.ppm")'
      jpegtran -crop 48x32+0+0 \(name).jpg > \(name).tiny.jpg || cp \(name).jpg \(name).tiny.jpg
      """)
    let bytes = try corpus.bytes("\(name).tiny.jpg")
    for count in stride(from: 0, to: bytes.count, by: 3) {
      let cut = Array(bytes[..<count])
      _ = try? JPEGNormalizer.normalize(cut.span, at: 0)
    }
    var random = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        changed[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      // A header that says millions of pixels is honest work, but not for two thousand of them.
      let size = (try? JPEGImage(changed.span, at: 0))?.frame.map { $0.width * $0.height }
      guard size ?? 0 < 100_000 else { continue }
      _ = try? JPEGNormalizer.normalize(changed.span, at: 0)
    }
  }
}
