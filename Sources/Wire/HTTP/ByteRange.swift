/// One range of bytes in a `Range` header (RFC 9110 §14.1.2).
public enum ByteRange {
  /// What a header means for a body of `size` bytes.
  public enum Outcome: Equatable, Sendable {
    /// No range that is understood: send everything.
    case whole
    /// Send this part as 206.
    case part(Range<Int>)
    /// Nothing of it is there: 416.
    case unsatisfiable
  }

  /// Reads `bytes=0-99`, `bytes=100-`, `bytes=-100`. Several ranges are answered with everything,
  /// as the RFC permits.
  public static func resolve(_ header: String?, size: Int) -> Outcome {
    guard let header, header.lowercased().hasPrefix("bytes=") else { return .whole }
    let parts = header.dropFirst(6).split(at: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return .whole }
    let (first, last) = (trimmed(parts[0]), trimmed(parts[1]))
    if first.isEmpty {
      guard let suffix = decimal(last) else { return .whole }
      return suffix == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - suffix)..<size)
    }
    guard let start = decimal(first) else { return .whole }
    guard start < size else { return .unsatisfiable }
    if last.isEmpty { return .part(start..<size) }
    guard let end = decimal(last), end >= start else { return .whole }
    return .part(start..<min(end, size - 1) + 1)
  }
}
