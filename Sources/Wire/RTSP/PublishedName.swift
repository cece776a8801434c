/// What somebody may publish under: `live/`, then segments of letters, digits, dots, hyphens and
/// underscores. A name is shown on pages, in logs and in metrics, and is part of URLs: so it needs
/// no escape anywhere, hides nothing, and is short.
public struct PublishedName: Hashable, Sendable {
  /// With `live/` in front.
  public let text: String

  /// What all of them begin with.
  public static let prefix = "live/"
  /// Bytes, all together.
  public static let bytesMax = 128
  private static let segmentsMax = 4

  /// Nil for a name that nothing can be published under.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), text.utf8.count <= Self.bytesMax else { return nil }
    let segments = text.utf8.dropFirst(Self.prefix.utf8.count)
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard segments.count <= Self.segmentsMax, segments.allSatisfy(Self.isGood) else { return nil }
    self.text = text
  }

  /// What is wrong with a name that is none, as the second half of a sentence.
  public static let rule =
    "a published name is \(prefix)NAME, of letters, digits, dots, hyphens, underscores, slashes"

  /// One that begins with a dot would be hidden, or lead elsewhere.
  private static func isGood(_ segment: some Collection<UInt8>) -> Bool {
    guard let first = segment.first, first != UInt8(ascii: ".") else { return false }
    return segment.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
      default: false
      }
    }
  }
}
