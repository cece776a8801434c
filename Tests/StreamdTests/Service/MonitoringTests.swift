import Foundation
import Testing

/// What Prometheus and Grafana are given fits what the daemon tells.
@Suite("Monitoring")
struct MonitoringTests {
  private static let rules = Repository.root.appending(path: "etc/prometheus/streamd.rules.yml")
  private static let dashboard = Repository.root.appending(path: "etc/grafana/streamd.json")

  /// The metrics of a daemon that has answered and turned away, as text.
  private func metrics() async throws -> String {
    let daemon = try DaemonProcess(["--limits", "connections=1"])
    let client = try RTSPClient(port: daemon.port)
    try client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    let browser = try HTTPClient(daemon)
    #expect(try browser.request("GET", "/healthz").status == 200)
    // Our connections are the ones that are allowed.
    let one = try RTSPClient(port: daemon.port)
    let isTold = try eventually {
      try browser.request("GET", "/metrics").text.contains("streamd_refusals_total{")
    }
    #expect(isTold)
    withExtendedLifetime((client, one)) {}
    let reply = try browser.request("GET", "/metrics")
    #expect(reply.status == 200)
    return reply.text
  }

  @Test("promtool and Prometheus' Python client find no fault with the metrics")
  func format() async throws {
    let folder = try TemporaryFolder()
    try folder.write("metrics", Array(try await metrics().utf8))
    let path = folder.path + "/metrics"
    let promtool = try await Tool.run("sh", ["-c", "promtool check metrics < \(path)"])
    #expect(promtool.status == 0 && promtool.errors.isEmpty, "\(promtool.errors)")
    let parse = """
      import sys
      from prometheus_client.parser import text_string_to_metric_families as families
      print(len(list(families(open(sys.argv[1]).read()))))
      """
    let parsed = try await Tool.run("/usr/bin/python3", ["-c", parse, path])
    #expect(parsed.status == 0 && (Int(parsed.text) ?? 0) > 5, "\(parsed.errors)")
  }

  @Test("the alerts are well formed and fire when they should")
  func alerts() async throws {
    let check = try await Tool.run("promtool", ["check", "rules", Self.rules.path])
    #expect(check.status == 0, "\(check.text) \(check.errors)")
    let tests = Repository.root.appending(path: "etc/prometheus/streamd.rules.test.yml").path
    let result = try await Tool.run("promtool", ["test", "rules", tests])
    #expect(result.status == 0, "\(result.text) \(result.errors)")
  }

  @Test("alerts and dashboard ask for nothing that the daemon does not tell")
  func names() async throws {
    let told = Set(
      try await metrics().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) })
    let texts = try expressions()
    #expect(texts.count > 20)
    let names = texts.flatMap { text in
      text.matches(of: /\b(streamd|process)_[a-z_]+/).map { String($0.output.0) }
    }
    let asked = Set(names).subtracting(["streamd_"])
    let missing = asked.filter { name in
      !told.contains(name) && !told.contains(name.replacing("_bucket", with: ""))
    }
    #expect(missing.sorted() == [])
    // And what it tells is looked at by somebody.
    let unseen = told.filter { name in !asked.contains { $0.hasPrefix(name) } }
    #expect(unseen.sorted() == [])
  }

  @Test("they ask for labels that are there")
  func labels() async throws {
    let text = try await metrics()
    let told = Set(text.matches(of: /[{,]([a-z_]+)="/).map { String($0.output.1) })
    // By which Prometheus itself tells targets from each other.
    let common: Set = ["instance", "job"]
    var asked: Set<String> = []
    for expression in try expressions() {
      for match in expression.matches(of: /by \(([a-z_, ]+)\)/) {
        asked.formUnion(match.output.1.split(separator: ", ").map(String.init))
      }
      for match in expression.matches(of: /[{,]([a-z_]+)[=!]/) {
        asked.insert(String(match.output.1))
      }
    }
    #expect(asked.isSuperset(of: ["le", "port", "reason", "transport"]))
    #expect(asked.subtracting(common).subtracting(told).sorted() == [])
  }

  @Test("the dashboard's panels do not overlap and every one has a title and a query")
  func panels() throws {
    let panels = try self.dashboard().panels
    var taken: Set<[Int]> = []
    for panel in panels {
      #expect(!panel.title.isEmpty)
      #expect(panel.type == "row" || panel.targets?.isEmpty == false, "\(panel.title)")
      for x in panel.gridPos.x..<panel.gridPos.x + panel.gridPos.w {
        for y in panel.gridPos.y..<panel.gridPos.y + panel.gridPos.h {
          #expect(x < 24 && taken.insert([x, y]).inserted, "\(panel.title)")
        }
      }
    }
    #expect(Set(panels.map(\.id)).count == panels.count)
  }

  /// All that is asked of Prometheus.
  private func expressions() throws -> [String] {
    let rules = try String(contentsOf: Self.rules, encoding: .utf8)
    // Folded lines too: from `expr:` to the next key at that depth.
    let alerts = rules.split(separator: "      - alert:").dropFirst().map { alert in
      alert.split(separator: "expr:", maxSplits: 1).last.map { expression in
        expression.split(separator: "        labels:").first.map(String.init) ?? ""
      } ?? ""
    }
    return try alerts + dashboard().panels.flatMap { $0.targets ?? [] }.map(\.expr)
  }

  private func dashboard() throws -> Dashboard {
    try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: Self.dashboard))
  }

  private struct Dashboard: Decodable {
    var panels: [Panel]

    struct Panel: Decodable {
      var id: Int
      var title: String
      var type: String
      var gridPos: Place
      var targets: [Target]?
    }

    struct Place: Decodable {
      var x, y, w, h: Int
    }

    struct Target: Decodable {
      var expr: String
    }
  }
}
