/// One packet of an RTCP compound (RFC 3550 §6).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V=2|P|  count  |  packet type  |     length in words - 1       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public enum RTCPPacket: Equatable, Sendable {
  /// Type 200.
  case senderReport(SenderReport, blocks: [ReportBlock])
  /// Type 201; `ssrc` is the receiver's own.
  case receiverReport(ssrc: UInt32, blocks: [ReportBlock])
  /// Type 202: the canonical name of each source that gives one.
  case sourceDescription([UInt32: String])
  /// Type 203.
  case goodbye([UInt32], reason: String)
  /// A well-formed packet of another type, passed over.
  case other(type: UInt8)

  private enum Kind {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
  }

  private static let canonicalName: UInt8 = 1

  /// Reads all packets of a compound. A single packet is accepted as well (RFC 5506).
  public static func parse(_ bytes: Span<UInt8>) throws(PacketError) -> [RTCPPacket] {
    var packets: [RTCPPacket] = []
    var offset = 0
    repeat {
      guard bytes.count - offset >= 4 else { throw .truncated }
      guard bytes[offset] >> 6 == 2 else { throw .version }
      let length = 4 * (Int(bytes.uint16(at: offset + 2)) + 1)
      guard bytes.count - offset >= length else { throw .truncated }
      packets.append(try parse(bytes, offset..<offset + length))
      offset += length
    } while offset < bytes.count
    return packets
  }

  private static func parse(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(PacketError) -> RTCPPacket {
    let start = range.lowerBound
    let count = Int(bytes[start] & 0x1F)
    var end = range.upperBound
    if bytes[start] & 0x20 != 0 {
      let padding = Int(bytes[end - 1])
      guard padding > 0, padding <= range.count - 4 else { throw .malformed }
      end -= padding
    }
    let body = start + 4..<end
    switch bytes[start + 1] {
    case Kind.senderReport:
      guard body.count >= SenderReport.length + count * ReportBlock.length else { throw .malformed }
      let first = body.lowerBound + SenderReport.length
      return .senderReport(
        SenderReport(bytes, at: body.lowerBound), blocks: blocks(bytes, at: first, count))
    case Kind.receiverReport:
      guard body.count >= 4 + count * ReportBlock.length else { throw .malformed }
      return .receiverReport(
        ssrc: bytes.uint32(at: body.lowerBound),
        blocks: blocks(bytes, at: body.lowerBound + 4, count))
    case Kind.sourceDescription:
      return .sourceDescription(try names(bytes, body, count))
    case Kind.goodbye:
      return try goodbye(bytes, body, count)
    case let type:
      return .other(type: type)
    }
  }

  private static func blocks(_ bytes: Span<UInt8>, at offset: Int, _ count: Int) -> [ReportBlock] {
    var blocks: [ReportBlock] = []
    for index in 0..<count {
      blocks.append(ReportBlock(bytes, at: offset + index * ReportBlock.length))
    }
    return blocks
  }

  private static func names(
    _ bytes: Span<UInt8>, _ body: Range<Int>, _ count: Int
  ) throws(PacketError) -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    var offset = body.lowerBound
    for _ in 0..<count {
      guard body.upperBound - offset >= 4 else { throw .malformed }
      let ssrc = bytes.uint32(at: offset)
      let start = offset
      offset += 4
      // Items end with a zero byte; the chunk is padded to whole words.
      while true {
        guard offset < body.upperBound else { throw .malformed }
        let type = bytes[offset]
        if type == 0 { break }
        guard body.upperBound - offset >= 2 else { throw .malformed }
        let length = Int(bytes[offset + 1])
        guard body.upperBound - offset >= 2 + length else { throw .malformed }
        if type == canonicalName {
          let name = bytes.array(offset + 2..<offset + 2 + length)
          names[ssrc] = String(decoding: name, as: UTF8.self)
        }
        offset += 2 + length
      }
      offset = start + ((offset - start) / 4 + 1) * 4
    }
    return names
  }

  private static func goodbye(
    _ bytes: Span<UInt8>, _ body: Range<Int>, _ count: Int
  ) throws(PacketError) -> RTCPPacket {
    guard body.count >= 4 * count else { throw .malformed }
    var sources: [UInt32] = []
    for index in 0..<count { sources.append(bytes.uint32(at: body.lowerBound + 4 * index)) }
    let offset = body.lowerBound + 4 * count
    guard offset < body.upperBound else { return .goodbye(sources, reason: "") }
    let length = Int(bytes[offset])
    guard body.upperBound - offset >= 1 + length else { throw .malformed }
    let reason = bytes.array(offset + 1..<offset + 1 + length)
    return .goodbye(sources, reason: String(decoding: reason, as: UTF8.self))
  }

  /// Appends the packet. Names and reasons are cut at 255 bytes, lists at 31 entries; a packet of
  /// an unknown type is written as its bare header.
  public func emit(into bytes: inout [UInt8]) {
    let start = bytes.count
    let (kind, count): (UInt8, Int)
    bytes.append(contentsOf: [0, 0, 0, 0])
    switch self {
    case .senderReport(let report, let blocks):
      (kind, count) = (Kind.senderReport, min(blocks.count, 31))
      report.emit(into: &bytes)
      for block in blocks.prefix(31) { block.emit(into: &bytes) }
    case .receiverReport(let ssrc, let blocks):
      (kind, count) = (Kind.receiverReport, min(blocks.count, 31))
      bytes.append(uint32: ssrc)
      for block in blocks.prefix(31) { block.emit(into: &bytes) }
    case .sourceDescription(let names):
      (kind, count) = (Kind.sourceDescription, min(names.count, 31))
      for (ssrc, name) in names.sorted(by: { $0.key < $1.key }).prefix(31) {
        Self.emit(name, of: ssrc, into: &bytes)
      }
    case .goodbye(let sources, let reason):
      (kind, count) = (Kind.goodbye, min(sources.count, 31))
      for source in sources.prefix(31) { bytes.append(uint32: source) }
      if !reason.isEmpty {
        let text = reason.utf8.prefix(255)
        bytes.append(UInt8(text.count))
        bytes.append(contentsOf: text)
        while (bytes.count - start) % 4 != 0 { bytes.append(0) }
      }
    case .other(let type):
      (kind, count) = (type, 0)
    }
    let words = UInt16((bytes.count - start) / 4 - 1)
    bytes[start] = 2 << 6 | UInt8(count)
    bytes[start + 1] = kind
    bytes[start + 2] = UInt8(words >> 8)
    bytes[start + 3] = UInt8(words & 0xFF)
  }

  private static func emit(_ name: String, of ssrc: UInt32, into bytes: inout [UInt8]) {
    let start = bytes.count
    let text = name.utf8.prefix(255)
    bytes.append(uint32: ssrc)
    bytes.append(canonicalName)
    bytes.append(UInt8(text.count))
    bytes.append(contentsOf: text)
    repeat { bytes.append(0) } while (bytes.count - start) % 4 != 0
  }
}
