import Foundation
import Testing

/// nginx with the project's own configurations and a certificate that nobody signed, on free ports.
final class Proxy {
  let httpsPort: UInt16
  let rtspsPort: UInt16
  /// The certificate, for those who check it.
  let certificate: String
  private let folder: TemporaryFolder
  private let nginx: Process

  struct Failure: Error, CustomStringConvertible { var description: String }

  /// - Parameter introduces: says whom it speaks for, in the PROXY protocol.
  init(of daemon: DaemonProcess, introduces: Bool = false) async throws {
    folder = try TemporaryFolder()
    certificate = folder.path + "/streamd.crt"
    let made = try await Tool.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,DNS:streamd.test,IP:127.0.0.1",
        "-keyout", folder.path + "/streamd.key", "-out", certificate,
      ])
    guard made.status == 0 else { throw Failure(description: "openssl: \(made.errors)") }
    let ports = try FreePorts.take(2)
    (httpsPort, rtspsPort) = (ports[0], ports[1])

    let common = [
      ("/etc/nginx/streamd.crt", certificate),
      ("/etc/nginx/streamd.key", folder.path + "/streamd.key"),
    ]
    let http = try Self.shipped(
      "streamd.conf",
      common + [
        ("listen 443 ssl", "listen 127.0.0.1:\(httpsPort) ssl"),
        ("    listen [::]:443 ssl;\n", ""), ("127.0.0.1:5000", "127.0.0.1:\(daemon.httpPort)"),
        ("server_name example.org", "server_name streamd.test"),
      ])
    let stream = try Self.shipped(
      "streamd-rtsps.conf",
      common + [
        ("listen 322 ssl", "listen 127.0.0.1:\(rtspsPort) ssl"),
        ("    listen [::]:322 ssl;\n", ""),
        // Before RTSP is started there is no port; nobody listens on 1.
        ("127.0.0.1:8554", "127.0.0.1:\(max(daemon.port, 1))"),
      ]
        + (introduces
          ? [("#proxy_bind ", "proxy_bind "), ("#proxy_protocol ", "proxy_protocol ")] : []))
    try folder.write("http.conf", Array(http.utf8))
    try folder.write("stream.conf", Array(stream.utf8))
    try folder.write("nginx.conf", Array(Self.frame(folder.path).utf8))

    nginx = Process()
    nginx.executableURL = URL(filePath: "/usr/sbin/nginx")
    nginx.arguments = ["-c", folder.path + "/nginx.conf", "-p", folder.path, "-e", "stderr"]
    let log = folder.path + "/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    nginx.standardError = FileHandle(forWritingAtPath: log)
    try nginx.run()
    let isUp = eventually { [httpsPort, rtspsPort] in
      Self.accepts(httpsPort) && Self.accepts(rtspsPort) || !nginx.isRunning
    }
    guard isUp, nginx.isRunning else {
      let text = try? String(contentsOfFile: log, encoding: .utf8)
      throw Failure(description: "nginx: \(text ?? "does not begin")")
    }
  }

  deinit {
    // Its master ends the workers, when it is asked.
    if nginx.isRunning { nginx.terminate() }
    nginx.waitUntilExit()
  }

  /// A configuration as it is shipped, at other places; each has to be there to be replaced.
  private static func shipped(
    _ name: String, _ places: [(String, String)]
  ) throws -> String {
    let url = Repository.root.appending(path: "etc/nginx/\(name)")
    var text = try String(contentsOf: url, encoding: .utf8)
    for (place, other) in places {
      guard text.contains(place) else { throw Failure(description: "\(name) has no \(place)") }
      text = text.replacing(place, with: other)
    }
    return text
  }

  /// What Debian's nginx.conf does around ours.
  private static func frame(_ path: String) -> String {
    """
    load_module /usr/lib/nginx/modules/ngx_stream_module.so;
    daemon off;
    worker_processes 1;
    pid \(path)/pid;
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path \(path)/body;
      proxy_temp_path \(path)/proxy;
      fastcgi_temp_path \(path)/fastcgi;
      uwsgi_temp_path \(path)/uwsgi;
      scgi_temp_path \(path)/scgi;
      include \(path)/http.conf;
    }
    stream { include \(path)/stream.conf; }

    """
  }

  private static func accepts(_ port: UInt16) -> Bool { (try? RTSPClient(port: port)) != nil }
}
