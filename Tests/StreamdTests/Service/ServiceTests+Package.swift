import Foundation
import Testing

/// How the package comes and goes, in the same machine, one test after the other.
extension ServiceTests {
  @Test("an upgrade restarts it and keeps what the administrator has decided")
  func upgrade() async throws {
    let machine = try await machine()
    try await machine.configure(["fps": "25"])
    let configuration = try machine.read("etc/streamd/streamd.json")
    let pid = try await machine.property("MainPID")
    try await machine.run("dpkg", "--install", "/root/streamd.deb")
    #expect(try await machine.isAnother(than: pid))
    #expect(try machine.read("etc/streamd/streamd.json") == configuration)
    #expect(try await machine.property("UnitFileState") == "enabled")

    try await machine.run("systemctl", "disable", "streamd.service")
    try await machine.run("dpkg", "--install", "/root/streamd.deb")
    #expect(try await machine.property("UnitFileState") == "disabled")
    #expect(try await machine.property("UnitFileState", of: "streamd.socket") == "disabled")
    try await machine.run("systemctl", "enable", "streamd.service")
  }

  @Test("removing stops it and keeps the configuration, purging leaves nothing")
  func purge() async throws {
    let machine = try await machine()
    let pid = try await machine.property("MainPID")
    try await machine.run("dpkg", "--remove", "streamd")
    #expect(try await machine.attempt("test", "-e", "/proc/\(pid)").status == 1)
    #expect(machine.exists("etc/streamd/streamd.json"))
    try await machine.run("dpkg", "--purge", "streamd")
    // What the tests have put there themselves aside.
    try machine.remove("etc/systemd/system/streamd.service.d")
    let left = try await machine.run(
      "find", "/etc", "/usr", "/var/lib/systemd", "-path", "/usr/share/doc", "-prune", "-o",
      "-name", "*streamd*", "-print")
    #expect(left == "")

    try await machine.run("dpkg", "--install", "/root/streamd.deb")
    #expect(try await machine.property("ActiveState") == "active")
    #expect(try await machine.property("UnitFileState") == "enabled")
    #expect(try await machine.play().count == 10)
  }

  @Test("etc/install puts everything below PREFIX, and keeps a configuration that is there")
  func install() async throws {
    _ = try await Machine.shared.value
    let folder = try TemporaryFolder()
    let built = Repository.root.appending(path: ".build/static/release").path
    func install(_ programs: String) async throws -> Tool.Result {
      let install = Repository.root.appending(path: "etc/install").path
      return try await Tool.run(
        "env", ["DESTDIR=\(folder.path)", "PREFIX=/opt/streamd", install, programs])
    }
    try folder.write("etc/streamd/streamd.json", Array("{}".utf8))
    let result = try await install(built)
    #expect(result.status == 0, "\(result.errors)")
    let listing = try await Tool.run("find", [folder.path, "-type", "f", "-printf", "%P %m\n"])
    let files = Set(listing.text.split(separator: "\n").map(String.init))
    let expected = [
      "bin/streamd 755", "bin/streamctl 755", "share/streamd/www/index.html 644",
      "share/streamd/video/movie.Mjpeg 644", "share/man/man8/streamd.8.gz 644",
      "share/man/man5/streamd.json.5.gz 644", "share/man/man1/streamctl.1.gz 644",
      "share/bash-completion/completions/streamctl 644",
      "share/zsh/site-functions/_streamctl 644",
      "share/fish/vendor_completions.d/streamctl.fish 644",
      "lib/systemd/system/streamd.service 644", "lib/systemd/system/streamd.socket 644",
      "share/doc/streamd/nginx/streamd.conf 644", "share/doc/streamd/haproxy/haproxy.cfg 644",
      "share/doc/streamd/fail2ban/filter.d/streamd.conf 644",
      "share/doc/streamd/fail2ban/jail.d/streamd.conf 644",
    ]
    let missing = expected.filter { !files.contains("opt/streamd/\($0)") }
    #expect(missing == [])
    let outside = files.filter { !$0.hasPrefix("opt/streamd/") }
    #expect(outside == ["etc/streamd/streamd.json 644"])
    func text(_ path: String) throws -> String {
      try String(contentsOfFile: "\(folder.path)/\(path)", encoding: .utf8)
    }
    #expect(try text("etc/streamd/streamd.json") == "{}")
    let unit = try text("opt/streamd/lib/systemd/system/streamd.service")
    #expect(unit.contains("ExecStart=/opt/streamd/bin/streamd --config /etc/streamd/streamd.json"))

    // Programs that need Swift's libraries would not run where there is no Swift.
    let refused = try await install(
      Repository.product("streamd").deletingLastPathComponent().path)
    #expect(refused.status == 1 && refused.errors.contains("--static-swift-stdlib"))
  }
}
