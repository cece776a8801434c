/// A stretch of normal play time in a `Range` header (RFC 2326 §3.6, §12.29), in microseconds.
public struct NPTRange: Equatable, Sendable {
  /// Where a stretch begins.
  public enum Start: Equatable, Sendable {
    /// `now`, or nothing: where the server stands.
    case now
    /// Microseconds from the beginning.
    case at(Int64)
  }

  /// Where it begins.
  public var start: Start
  /// Where it ends; nil when it is open.
  public var end: Int64?

  /// Why a header is no such range.
  public enum Failure: Error, Equatable {
    /// It breaks the grammar.
    case malformed
    /// It speaks of another unit than `npt`: SMPTE time codes or clock time.
    case unit
  }

  /// About three years; whatever is above is malformed.
  private static let secondsMax = 100_000_000

  /// Both ends.
  public init(start: Start, end: Int64? = nil) {
    self.start = start
    self.end = end
  }

  /// Reads `npt=1.5-`, `npt=0-10`, `npt=now-`, `npt=-20`, `npt=0:01:30.5-`; a `;time=` after it is
  /// passed over.
  public init(_ value: String) throws(Failure) {
    let text = trimmed(value.prefix { $0 != ";" })
    guard let equals = text.firstIndex(of: "=") else { throw .malformed }
    let unit = trimmed(text[..<equals])
    guard equalIgnoringCase(unit, "npt") else {
      let isKnown = ["smpte", "smpte-30-drop", "smpte-25", "clock"].contains {
        equalIgnoringCase(unit, $0)
      }
      throw isKnown ? .unit : .malformed
    }
    let parts = text[text.index(after: equals)...]
      .split(at: "-", omittingEmptySubsequences: false).map { trimmed($0) }
    guard parts.count == 2, !(parts[0].isEmpty && parts[1].isEmpty) else { throw .malformed }
    if parts[0].isEmpty || equalIgnoringCase(parts[0], "now") {
      start = .now
    } else {
      guard let time = Self.time(parts[0]) else { throw .malformed }
      start = .at(time)
    }
    if parts[1].isEmpty {
      end = nil
    } else {
      guard let time = Self.time(parts[1]) else { throw .malformed }
      end = time
    }
  }

  /// `S`, `S.FFF…` or `H:MM:SS.FFF…`.
  private static func time(_ text: String) -> Int64? {
    let parts = text.split(at: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    let clock = parts[0].split(at: ":", omittingEmptySubsequences: false)
    var seconds = 0
    switch clock.count {
    case 1:
      guard let value = decimal(clock[0], limit: secondsMax) else { return nil }
      seconds = value
    case 3:
      guard let hours = decimal(clock[0], limit: secondsMax / 3600),
        let minutes = decimal(clock[1], limit: 59), let rest = decimal(clock[2], limit: 59)
      else { return nil }
      seconds = hours * 3600 + minutes * 60 + rest
    default:
      return nil
    }
    guard parts.count == 2, !parts[1].isEmpty else { return Int64(seconds) * 1_000_000 }
    // Digits beyond the sixth are cut off.
    guard parts[1].utf8.count <= 32, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let digits = parts[1].prefix(6)
    let padded = digits + String(repeating: "0", count: 6 - digits.count)
    return decimal(padded).map { Int64(seconds) * 1_000_000 + Int64($0) }
  }

  /// Seconds with as many decimals as are needed, three at least where there are any.
  static func seconds(_ microseconds: Int64) -> String {
    let fraction = microseconds % 1_000_000
    if fraction == 0 { return String(microseconds / 1_000_000) }
    let digits = String(fraction)
    var padded = String(repeating: "0", count: 6 - digits.utf8.count) + digits
    while padded.utf8.count > 3, padded.hasSuffix("0") { padded.removeLast() }
    return "\(microseconds / 1_000_000).\(padded)"
  }

  /// As it stands in the header.
  public var description: String {
    let from: String
    switch start {
    case .now: from = "now"
    case .at(let time): from = Self.seconds(time)
    }
    return "npt=\(from)-\(end.map(Self.seconds) ?? "")"
  }
}
