/// What a PLAY reply says of a track: the first packet's sequence number, and the timestamp that
/// belongs to the beginning of the range (RFC 2326 §12.33).
public struct RTPInfo: Equatable, Sendable {
  /// The track's control URL.
  public var url: String
  /// The first packet's.
  public var sequence: UInt16
  /// The first packet's.
  public var timestamp: UInt32

  /// All fields.
  public init(url: String, sequence: UInt16, timestamp: UInt32) {
    self.url = url
    self.sequence = sequence
    self.timestamp = timestamp
  }

  /// Reads the first track of a header; nil when a field is missing or out of range.
  public init?(_ value: String) {
    var (url, sequence, timestamp): (String?, UInt16?, UInt32?) = (nil, nil, nil)
    for part in value.split(at: ",", maxSplits: 1, omittingEmptySubsequences: false)[0].split(
      at: ";")
    {
      let pair = part.split(at: "=", maxSplits: 1).map { trimmed($0) }
      guard pair.count == 2 else { continue }
      switch pair[0].lowercased() {
      case "url" where !pair[1].isEmpty: url = pair[1]
      case "seq": sequence = decimal(pair[1], limit: 65_535).map { UInt16($0) }
      case "rtptime": timestamp = decimal(pair[1], limit: Int(UInt32.max)).map { UInt32($0) }
      default: break
      }
    }
    guard let url, let sequence, let timestamp else { return nil }
    self.init(url: url, sequence: sequence, timestamp: timestamp)
  }

  /// As it stands in the header.
  public var description: String { "url=\(url);seq=\(sequence);rtptime=\(timestamp)" }
}
