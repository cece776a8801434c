/// A duration or a moment on a clock that the caller owns, in nanoseconds.
public typealias Nanoseconds = Int64

extension [UInt8] {
  /// Appends in network order.
  mutating func append(uint16 value: UInt16) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  /// Appends the low 24 bits in network order.
  mutating func append(uint24 value: Int) {
    append(UInt8(truncatingIfNeeded: value >> 16))
    append(uint16: UInt16(truncatingIfNeeded: value))
  }

  /// Appends in network order.
  mutating func append(uint32 value: UInt32) {
    append(uint16: UInt16(truncatingIfNeeded: value >> 16))
    append(uint16: UInt16(truncatingIfNeeded: value))
  }

  /// Appends bytes `range` of `span`.
  mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    let source = span.extracting(range)
    // Into the output span the compiler copies many bytes at once, and the array grows by halves
    // and more: to ask for just enough room each time would move everything each time.
    append(addingCapacity: source.count) { (output: inout OutputSpan<UInt8>) in
      for index in source.indices { output.append(source[index]) }
    }
  }
}

extension Span<UInt8> {
  /// The big-endian number at `offset`; the caller has checked that it is there.
  func uint16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  /// The big-endian number at `offset`; the caller has checked that it is there.
  func uint24(at offset: Int) -> Int {
    Int(self[offset]) << 16 | Int(self[offset + 1]) << 8 | Int(self[offset + 2])
  }

  /// The big-endian number at `offset`; the caller has checked that it is there.
  func uint32(at offset: Int) -> UInt32 {
    UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2))
  }

  /// A copy of bytes `range`.
  func array(_ range: Range<Int>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.append(self, range)
    return copy
  }
}

/// Reads a decimal number as protocols write them: digits only, no sign, no space, at most `limit`.
/// Nil for anything else, overflow included.
func decimal(_ text: some StringProtocol, limit: Int = .max) -> Int? {
  guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
    let value = Int(text), value <= limit
  else { return nil }
  return value
}

/// Reads 1 to 8 hexadecimal digits.
func hexadecimal(_ text: some StringProtocol) -> UInt32? {
  guard (1...8).contains(text.utf8.count), text.utf8.allSatisfy({ hexDigit($0) != nil }) else {
    return nil
  }
  return UInt32(text, radix: 16)
}

/// The value of one hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}

/// Eight upper-case hexadecimal digits.
func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: 8 - digits.count) + digits
}

/// Text without the white space of protocols around it.
func trimmed(_ text: some StringProtocol) -> String {
  let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
  let bytes = Array(text.utf8).drop(while: isSpace)
  guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
  return String(decoding: bytes[...last], as: UTF8.self)
}

extension StringProtocol {
  /// What stands between separators. The text is cut by bytes, as the grammars of protocols are
  /// made: to Swift a separator is no character of its own where a combining mark follows it, or a
  /// mark that belongs to the next character stands before it, and a stranger may write both.
  ///
  /// - Precondition: the separator is ASCII.
  public func split(
    at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
  ) -> [Substring] {
    Substring(self).utf8.split(
      separator: UInt8(ascii: separator), maxSplits: maxSplits,
      omittingEmptySubsequences: omittingEmptySubsequences
    ).map { Substring($0) }
  }
}

/// Whether two texts are the same but for the case of ASCII letters.
func equalIgnoringCase(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
  a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lower($0) == lower($1) }
}

private func lower(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5A ? byte + 0x20 : byte
}

/// Whether a byte may stand in the name of a method or header (RFC 9110 §5.6.2, RFC 2616 §2.2).
func isToken(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
  case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
    UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
    UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default: false
  }
}
