extension Setting {
  /// The table of everything that can be chosen. Flags, environment variables, the file, `--help`,
  /// the manual pages and `--check-config` all come from here.
  static let all: [Setting] = [
    Setting("start", \.start, .boolean, "", .restart, "start the RTSP server at once"),
    Setting(
      "http", \.http, .address, "HOST:PORT", .restart,
      "where dashboard and API are; port 0 picks a free one"),
    Setting(
      "rtsp", \.rtsp, .address, "HOST:PORT", .restart,
      "where RTSP listens; port 0 picks a free one"),
    Setting(
      "bind", \.bind, .host, "ADDRESS", .restart,
      "the address for http and rtsp where they are not given"),
    Setting(
      "reuse_port", \.reusePort, .boolean, "", .restart,
      "share the ports of http and rtsp with other instances"),
    Setting(
      list: "instances", \.instances, .address, "HOST:PORT", .restart,
      "where each of the instances that share ports is reached alone"),
    Setting(
      "instance", \.instance, .number(0...1024, "a number"), "N", .restart,
      "which of the instances this is, from 1; it takes its part of rtp_ports"),
    Setting(
      "media", \.media, .path, "DIR", .later, "the folder whose files are served (looked for)"),
    Setting(
      "recordings", \.recordings, .path, "DIR", .later,
      "the folder that recordings are written to; without one nothing is recorded"),
    Setting("www", \.www, .path, "DIR", .restart, "the dashboard's files (looked for)"),
    Setting(
      "rtp_ports", \.rtpPorts, .portPairs, "FIRST-LAST", .later,
      "server ports for RTP and RTCP, in pairs"),
    Setting(
      "rtp_packet_bytes", \.rtpPacketBytes, .number(Configuration.rtpPacketBytesRange, "bytes"),
      "N", .restart,
      "bytes of an RTP packet with its header; fewer where a VPN or a tunnel carries no more"),
    Setting(
      list: "multicast", \.multicast, .multicast, "NAME=GROUP:PORT", .later,
      "what may be had by multicast, and where it goes then (/TTL: beyond routers)"),
    Setting(
      "multicast_interface", \.multicastInterface, .interface, "NAME", .later,
      "the interface of multicast, such as eth0; else the routes say"),
    Setting(
      "fps", \.rate, .rate, "N", .later, "frames per second of files that carry no rate"),
    Setting(
      "session_timeout", \.limits.sessionTimeoutSeconds, .number(1...86_400, "seconds"), "N",
      .later, "seconds after which a silent session ends"),
    Setting(
      list: "allowed_servers", \.allowedServers, .address, "HOST:PORT", .later,
      "other RTSP servers that may be watched"),
    Setting(
      list: "allowed_hosts", \.allowedHosts, .hostName, "NAME", .now,
      "names of this machine that browsers may use"),
    Setting(
      "publish_takeover", \.publishTakeover, .boolean, "", .now,
      "let a second publisher of a live source take the first one's place"),
    Setting(
      list: "users", \.users, .user, "FILE", .now,
      "who may watch and control: entries that streamctl passwd makes", isSecret: true),
    Setting(
      sources: "sources", "cameras and other servers that are relayed, each under a name"),
    Setting(
      "token_key", \.tokenKeyFile, .file, "FILE", .now,
      "a file with the key that tokens are signed with"),
    Setting(
      list: "allow", \.addresses.allowed, .addresses, "ADDRESSES", .now,
      "the only addresses that are served, such as 192.0.2.0/24"),
    Setting(
      list: "deny", \.addresses.denied, .addresses, "ADDRESSES", .now,
      "addresses that are not served"),
    Setting(
      list: "trusted_proxies", \.addresses.trustedProxies, .addresses, "ADDRESSES", .now,
      "proxies whose X-Forwarded-For is believed"),
    Setting(
      list: "rtsp_proxies", \.addresses.rtspProxies, .addresses, "ADDRESSES", .now,
      "proxies that begin each connection to RTSP with the PROXY protocol"),
    Setting(
      list: "http_proxies", \.addresses.httpProxies, .addresses, "ADDRESSES", .now,
      "the same for the HTTP port"),
    Setting(
      "log_level", \.logLevel, .level, "LEVEL", .now,
      "how much is logged: error, warning, info or debug"),
    Setting(
      "log_format", \.logFormat, .format, "FORMAT", .now,
      "how it is logged: text (key=value) or json"),
    Setting(limits: "limits", "bounds, such as connections=500; see streamd.json(5)"),
  ]

  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }
}
