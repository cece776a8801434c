import Foundation
import Testing

@testable import Streamd

@Suite("Draining")
struct DrainTests {
  private func ask(_ daemon: DaemonProcess, _ path: String) throws -> HTTPClient.Reply {
    try HTTPClient(daemon).request("GET", path)
  }

  private func drain(_ daemon: DaemonProcess, _ json: String? = nil) throws -> HTTPClient.Reply {
    try HTTPClient(daemon).request("POST", "/api/v1/drain", json: json)
  }

  @Test("who watches goes on, nobody else is wanted, and with the last one it ends")
  func lastOne() async throws {
    let instances = try Instances()
    let clients = try (0..<24).map { _ in try instances.setup() }
    let counts = [try instances.sessions(0), try instances.sessions(1)]
    let leaving = try instances[0]
    let shell = try Shell("http://127.0.0.1:\(instances.ownPorts[0])")
    let said = try await shell.text("drain")
    #expect(said.contains("ends when the last of \(counts[0]) viewers has gone"))
    let own = try HTTPClient(port: instances.ownPorts[0])
    let ready = try own.request("GET", "/readyz")
    #expect(ready.status == 503 && ready.code == "draining")
    #expect(try own.request("GET", "/healthz").status == 200)
    #expect(try own.request("GET", "/api/v1/status").json["draining"] as? Bool == true)
    #expect(try await shell.text("status").contains("draining"))
    // Whoever comes now comes to the other one.
    let others = try (0..<20).map { _ in try instances.setup() }
    #expect(try instances.sessions(0) == counts[0])
    #expect(try instances.sessions(1) == counts[1] + others.count)
    // Those who are there are served as before, whichever of them they are.
    for client in clients {
      #expect(try client.request("OPTIONS", "rtsp://127.0.0.1/movie.Mjpeg").status == 200)
    }
    #expect(leaving.isRunning)
    for client in clients { shutdown(client.descriptor, Int32(SHUT_RDWR)) }
    #expect(eventually { !leaving.isRunning })
    #expect(leaving.terminate() == 0)
    #expect(leaving.log.contains("msg=drained by=\"the last viewer\""))
    withExtendedLifetime(others) {}
  }

  @Test("a daemon that is alone still takes those that a balancer had sent, and ends by the clock")
  func byTheClock() throws {
    let daemon = try DaemonProcess()
    let before = try RTSPClient(port: daemon.port)
    let setup = try before.request(
      "SETUP", "\(daemon.url())/stream=0", ["Transport: RTP/AVP/TCP;interleaved=0-1"])
    #expect(setup.status == 200)
    #expect(try drain(daemon, #"{"seconds":3600}"#).status == 202)
    #expect(try ask(daemon, "/readyz").code == "draining")
    let late = try RTSPClient(port: daemon.port)
    #expect(try late.request("OPTIONS", "*").status == 200)
    let client = try HTTPClient(daemon)
    let start = try client.request("POST", "/api/v1/server/start")
    #expect(start.status == 409 && start.code == "draining")
    // Said again, the time is another one.
    #expect(try drain(daemon, #"{"seconds":1}"#).status == 202)
    #expect(eventually { !daemon.isRunning })
    #expect(daemon.terminate() == 0)
    #expect(daemon.log.contains("msg=drained by=\"the clock\""))
  }

  @Test(
    "a time that cannot be is refused",
    arguments: [
      #"{"seconds":0}"#, #"{"seconds":-1}"#, #"{"seconds":3601}"#, #"{"seconds":"soon"}"#, "{}",
      "[]", "x",
    ])
  func refused(json: String) throws {
    let daemon = try DaemonProcess(["--limits", "drain_s=3600"])
    let reply = try drain(daemon, json)
    #expect(reply.status == 400 && reply.code == "bad_seconds")
    #expect(try ask(daemon, "/readyz").status == 200)
  }
}
