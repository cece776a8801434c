/// A picture as a JPEG file that stands on its own, for those who get it whole: browsers, snapshots
/// and the classroom's client.
///
/// In containers two things may be missing. AVI files and many webcams leave the Huffman tables
/// out, the standard ones being meant; the last picture of a recording that was cut off has no EOI
/// marker. RTP carries neither of the two anyway.
public enum StandalonePicture {
  /// A picture grows by no more than this: a DHT segment and EOI.
  public static let addedBytesMax = standardTables.count + endOfImage.count

  private static let endOfImage = [JPEGMarker.prefix, JPEGMarker.endOfImage]

  /// One DHT segment with the four tables of ITU-T T.81 annex K.3.
  private static let standardTables: [UInt8] = {
    let tables: [(place: UInt8, table: HuffmanTable)] = [
      (0x00, .luminanceDC), (0x10, .luminanceAC), (0x01, .chrominanceDC), (0x11, .chrominanceAC),
    ]
    let body = tables.flatMap { [$0.place] + $0.table.counts + $0.table.values }
    var segment = [JPEGMarker.prefix, JPEGMarker.huffmanTables]
    segment.append(uint16: UInt16(clamping: body.count + 2))
    return segment + body
  }()

  /// The picture that `bytes` begin with, with what is missing; unchanged when nothing is, or when
  /// they are no picture.
  public static func bytes(of bytes: [UInt8]) -> [UInt8] {
    guard let image = try? JPEGImage(bytes.span, at: 0), let scan = image.scans.first else {
      return bytes
    }
    let lacksTables =
      image.huffmanTables.isEmpty && image.frame?.marker == JPEGMarker.baselineFrame
    guard lacksTables || !image.hasEndOfImage else { return bytes }
    var file: [UInt8] = []
    file.reserveCapacity(bytes.count + addedBytesMax)
    if lacksTables {
      // In front of the SOS marker, of which the scan's offset names the parameters.
      let marker = scan.offset - 4
      file += bytes[..<marker]
      file += standardTables
      file += bytes[marker...]
    } else {
      file += bytes
    }
    // A picture without its end reaches as far as the bytes do.
    if !image.hasEndOfImage { file += endOfImage }
    return file
  }
}
