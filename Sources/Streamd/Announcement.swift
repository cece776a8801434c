internal import Reactor
internal import Wire

/// What a person reads who has started the daemon: where everything is, and what to do next.
struct Announcement {
  /// Where the dashboard is.
  var http: SocketAddress?
  /// Where RTSP listens; nil while it is stopped.
  var rtsp: SocketAddress?
  /// What can be played.
  var playable: [String]
  /// The media folder.
  var media: String

  private static let urlsMax = 20

  var text: String {
    var text = ""
    if let http {
      text += "streamd \(version): dashboard http://\(Self.reachable(http))/\n"
    }
    guard let rtsp else { return text + "RTSP is stopped: start it there, or with --start\n" }
    text += "RTSP on \(rtsp)\n"
    let urls = playable.map { "rtsp://\(Self.reachable(rtsp))/\(PercentEncoding.encode($0))" }
    for url in urls.prefix(Self.urlsMax) { text += "  \(url)\n" }
    if urls.count > Self.urlsMax { text += "  … and \(urls.count - Self.urlsMax) more\n" }
    if let first = urls.first {
      text += "watch it:  ffplay -fflags nobuffer \(first)\n"
    } else {
      text += "no playable file yet: put Motion-JPEG files into \(media)\n"
    }
    return text
  }

  private static func reachable(_ address: SocketAddress) -> String {
    address.isUnspecified ? "\(address.loopback)" : "\(address)"
  }
}
