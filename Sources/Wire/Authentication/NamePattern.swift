/// A pattern for names of media: `*` stands for any characters, slashes too; all others for
/// themselves.
public struct NamePattern: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let text: String
  /// What has to come in this order, with anything between.
  private let parts: [[UInt8]]

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ text: String) {
    self.text = text
    parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// Whether the whole of a name fits.
  public func matches(_ name: String) -> Bool {
    var rest = Array(name.utf8)[...]
    guard let first = parts.first, let last = parts.last else { return false }
    if parts.count == 1 { return rest.elementsEqual(first) }
    guard rest.starts(with: first) else { return false }
    rest = rest.dropFirst(first.count)
    // Each as early as possible leaves the most for those behind it.
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
  }
}
