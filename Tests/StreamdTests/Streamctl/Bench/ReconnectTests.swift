import Foundation
import Testing

/// With the machine to themselves: who is to notice a second's silence must not be late by one.
@Suite("streamctl bench --reconnect", .serialized)
struct ReconnectTests {
  /// Three viewers over TCP that come back.
  private func faithful(_ daemon: DaemonProcess, _ arguments: String...) throws -> Companion {
    let options = ["--json", "bench", "--clients", "3", "--transport", "tcp", "--reconnect"]
    return try Companion(Shell.program, options + arguments + [daemon.url()])
  }

  /// The identifiers of those who see something, once there are three other ones than before.
  private func players(_ daemon: DaemonProcess, than before: [String] = []) throws -> [String] {
    let client = try HTTPClient(daemon)
    var ids: [String] = []
    let areThere = try eventually {
      let items = try client.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
      ids = (items ?? []).filter { $0["frames"] as? Int ?? 0 > 0 }
        .compactMap { $0["id"] as? String }
      return ids.count == 3 && !ids.contains(where: before.contains)
    }
    #expect(areThere, "\(ids)")
    return ids
  }

  private func report(of bench: Companion) throws -> [String: Any] {
    let output = Data(bench.read().utf8)
    let end = bench.finish()
    #expect(end.status == 0, "\(end.errors)")
    return try #require(JSONSerialization.jsonObject(with: output) as? [String: Any])
  }

  @Test("who is thrown out comes back, where that is asked for")
  func reconnect() throws {
    let daemon = try DaemonProcess()
    let bench = try faithful(daemon, "--seconds", "6")
    let id = try players(daemon)[0]
    #expect(try HTTPClient(daemon).request("DELETE", "/api/v1/clients/\(id)").status == 204)
    _ = try players(daemon, than: [id])
    let report = try report(of: bench)
    #expect(report["playing"] as? Int == 3 && report["reconnected"] as? Int == 1, "\(report)")
    #expect(report["ended"] as? Int == 1 && report["failed"] as? Int == 0)
    // Not before 50 ms are over.
    #expect(report["gap_max_ms"] as? Double ?? 0 > 50, "\(report)")
  }

  @Test("who hears nothing comes back, too")
  func silence() throws {
    let daemon = try DaemonProcess()
    let bench = try faithful(daemon, "--silence", "1", "--seconds", "10")
    let before = try players(daemon)
    kill(daemon.pid, SIGSTOP)
    // New connections wait at the port of a server that stands still.
    let port = String(daemon.port, radix: 16, uppercase: true)
    let waiting = try Regex("0100007F:\(port) 00000000:0000 0A 00000000:([0-9A-F]{8})")
    let haveLeft = try eventually {
      let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
      let count = table.firstMatch(of: waiting)?[1].substring.flatMap { Int($0, radix: 16) }
      return count ?? 0 >= 3
    }
    kill(daemon.pid, SIGCONT)
    #expect(haveLeft)
    _ = try players(daemon, than: before)
    let report = try report(of: bench)
    // On a busy machine more than once.
    #expect(report["playing"] as? Int == 3 && report["reconnected"] as? Int ?? 0 >= 3, "\(report)")
    #expect(report["gap_max_ms"] as? Double ?? 0 > 1000, "\(report)")
    #expect((report["faults"] as? [String: Int])?["no frame for 1 s"] ?? 0 >= 3)
  }
}
