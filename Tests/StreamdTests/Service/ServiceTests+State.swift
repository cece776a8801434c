import Foundation
import Testing

/// What the service leaves behind, and several of it.
extension ServiceTests {
  @Test("recordings are kept in the state folder, which is all that it may write to")
  func recordings() async throws {
    let machine = try await machine()
    try machine.write(
      "etc/systemd/system/streamd.service.d/test.conf", "[Service]\nStateDirectory=streamd\n")
    try await machine.configure(["recordings": "/var/lib/streamd"])
    try await machine.run("systemctl", "daemon-reload")
    try await machine.run("systemctl", "restart", "streamd")
    try await machine.run("streamctl", "setup", "movie.Mjpeg")
    try await machine.run("streamctl", "play")
    _ = try await machine.frame(beyond: 5)
    try await machine.run("streamctl", "record", "start")
    let first = try await machine.frame(beyond: 10)
    _ = try await machine.frame(beyond: first + 40)
    // What is being recorded is whole after the end of the service as well.
    try await machine.run("systemctl", "stop", "streamd")
    let name = try await machine.run("ls", "/var/lib/streamd")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(name.hasSuffix(".avi") && !name.contains("\n"), "\(name)")
    let probe = try await Tool.run(
      "ffprobe",
      [
        "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0",
        machine.path("var/lib/private/streamd/\(name)"),
      ])
    #expect(probe.status == 0 && probe.errors.isEmpty, "\(probe.errors)")
    let frames = Int(probe.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    #expect(frames >= 40)
    try await machine.run("rm", "-r", "/var/lib/private/streamd", "/var/lib/streamd")
  }

  @Test("instances begin and end with their target, and one that is drained stays away")
  func instances() async throws {
    let machine = try await machine()
    let verified = try await machine.attempt(
      "systemd-analyze", "verify", "--man=no", "streamd@1.service", "streamd.target")
    #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
    let addresses = ["127.0.0.1:5001", "127.0.0.1:5002"]
    try await machine.configure(["reuse_port": true, "instances": addresses])
    try await machine.run(
      "systemctl", "enable", "--now", "streamd@1", "streamd@2", "streamd.target")
    // They take the place of the one that is alone.
    #expect(try await machine.property("ActiveState") == "inactive")
    let text = try await machine.run(
      "streamctl", "--url", "http://127.0.0.1:5002", "--all", "status")
    #expect(text.contains("2 of 2"), "\(text)")
    #expect(try await machine.play().count == 10)
    try await machine.run("streamctl", "--url", "http://127.0.0.1:5001", "drain")
    #expect(try await machine.is("streamd@1", "inactive"))
    #expect(try await machine.property("Result", of: "streamd@1") == "success")
    #expect(try await machine.property("NRestarts", of: "streamd@1") == "0")
    #expect(try await machine.play().count == 10)
    try await machine.run("systemctl", "stop", "streamd.target")
    #expect(try await machine.is("streamd@2", "inactive"))
    try await machine.run(
      "systemctl", "disable", "--now", "streamd@1", "streamd@2", "streamd.target")
  }
}
