import Foundation
import Testing

/// What `etc/kubernetes` says of the daemon is so. There is no cluster here.
@Suite("Kubernetes")
struct KubernetesTests {
  /// What the manifests want of the daemon.
  private struct Wanted: Decodable {
    var objects: Int
    var probes: [String]
    var hook: [String]
    var series: [String]
  }

  /// Read from the manifests, once they have been checked.
  private static let wanted = Task {
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/kubernetes").path,
      [Repository.product("streamd").path], seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONDecoder().decode(Wanted.self, from: Data(result.output))
  }

  @Test("the manifests fit Kubernetes' schemas, one another, and streamd")
  func manifests() async throws {
    #expect(try await Self.wanted.value.objects > 8)
  }

  @Test("probes are answered, and the autoscaler's series are told")
  func probes() async throws {
    let wanted = try await Self.wanted.value
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    for path in wanted.probes { #expect(try client.request("GET", path).status == 200, "\(path)") }
    let metrics = try client.request("GET", "/metrics").text
    for name in wanted.series { #expect(metrics.contains("# TYPE \(name) gauge"), "\(name)") }
  }

  @Test("the hook of a pod that is to go drains it, and waits")
  func hook() async throws {
    let command = try await Self.wanted.value.hook
    let daemon = try DaemonProcess()
    var viewer: SteadyViewer? = try SteadyViewer(daemon)
    let folder = Repository.product("streamctl").deletingLastPathComponent().path
    let hook = try Companion(
      "/usr/bin/env",
      ["PATH=\(folder):/usr/bin:/bin", "STREAMCTL_URL=\(daemon.http(""))"] + command)
    #expect(hook.read().contains("draining"))
    #expect(try HTTPClient(daemon).request("GET", "/readyz").status == 503)
    try viewer?.watch(frames: 20)
    #expect(daemon.isRunning && kill(hook.pid, 0) == 0)
    viewer = nil
    #expect(eventually { !daemon.isRunning })
  }
}
