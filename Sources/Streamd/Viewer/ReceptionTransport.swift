/// How RTP comes from a server that is watched or relayed.
enum ReceptionTransport: String, CaseIterable {
  /// To ports of ours.
  case udp
  /// Inside of the RTSP connection.
  case tcp
  /// To a group, where the server sends it once for all.
  case multicast

  /// In a sentence.
  var shown: String { self == .multicast ? rawValue : rawValue.uppercased() }

  /// All of them.
  static let list = "udp, tcp or multicast"
}
