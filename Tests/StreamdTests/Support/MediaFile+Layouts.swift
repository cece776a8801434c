import Wire

@testable import Streamd

extension MediaFile.Layout {
  /// As the daemon lays packets out that was not told otherwise.
  static let udp = datagrams(segmentBytes: JPEGPacketizer.standardSegmentBytes)
  /// See ``udp``.
  static let tcp = interleaved(segmentBytes: JPEGPacketizer.standardSegmentBytes)
}
