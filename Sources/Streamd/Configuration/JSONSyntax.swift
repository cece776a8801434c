/// Where a text stops being JSON (RFC 8259). The toolchain's decoder only says that it does; a
/// person who edits a file wants the line.
struct JSONSyntax {
  private let bytes: [UInt8]
  private var offset = 0
  private static let depthMax = 64

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The first place that is wrong, such as `line 3, column 7`; nil when the text is JSON.
  static func fault(in bytes: [UInt8]) -> String? {
    var syntax = JSONSyntax(bytes)
    guard syntax.skipValue(depth: 0) else { return syntax.place }
    syntax.skipSpace()
    return syntax.offset < bytes.count ? syntax.place : nil
  }

  private var place: String {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return "line \(line), column \(before.count - start + 1)"
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipValue(depth: Int) -> Bool {
    skipSpace()
    guard depth < Self.depthMax, let byte = next else { return false }
    switch byte {
    case UInt8(ascii: "{"): return skipList("{", "}", depth: depth, hasNames: true)
    case UInt8(ascii: "["): return skipList("[", "]", depth: depth, hasNames: false)
    case UInt8(ascii: "\""): return skipString()
    default: return skipWord()
    }
  }

  private mutating func skipList(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, depth: Int, hasNames: Bool
  ) -> Bool {
    guard skip(opening) else { return false }
    if skip(closing) { return true }
    repeat {
      if hasNames {
        skipSpace()
        guard skipString(), skip(":") else { return false }
      }
      guard skipValue(depth: depth + 1) else { return false }
    } while skip(",")
    return skip(closing)
  }

  private mutating func skipString() -> Bool {
    guard skip("\"") else { return false }
    while let byte = next, byte >= 0x20 {
      offset += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return true }
    }
    return false
  }

  /// A number, `true`, `false` or `null`.
  private mutating func skipWord() -> Bool {
    let word = bytes[offset...].prefix {
      (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
        || [0x2B, 0x2D, 0x2E].contains($0)
    }
    let text = String(decoding: word, as: UTF8.self)
    let isNumber = text.first.map { $0 == "-" || $0.isNumber } == true && Double(text) != nil
    guard isNumber || ["true", "false", "null"].contains(text) else { return false }
    offset += word.count
    return true
  }
}
