/// How large a picture is, by its frame header alone: what lies before it is passed over by its
/// lengths, and what follows is not looked at.
public struct JPEGDimensions: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let width: Int, height: Int

  /// Nil where the bytes are no JPEG, or have no size that counts.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count >= 2, bytes[0] == JPEGMarker.prefix, bytes[1] == JPEGMarker.startOfImage
    else {
      return nil
    }
    var position = 2
    while bytes.count - position >= 4, bytes[position] == JPEGMarker.prefix {
      let marker = bytes[position + 1]
      guard marker != JPEGMarker.prefix else {
        position += 1
        continue
      }
      let length = Int(bytes.uint16(at: position + 2))
      guard !JPEGMarker.standsAlone(marker), marker != JPEGMarker.startOfScan, length >= 2 else {
        return nil
      }
      if JPEGMarker.isStartOfFrame(marker) {
        guard length >= 7, bytes.count - position >= 9 else { return nil }
        height = Int(bytes.uint16(at: position + 5))
        width = Int(bytes.uint16(at: position + 7))
        guard width > 0, height > 0 else { return nil }
        return
      }
      position += 2 + length
    }
    return nil
  }
}
