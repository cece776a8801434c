import Testing

/// What the compiler lets through although it can end the program, or hide that it should have
/// ended: each may stand where a reason is given, and nowhere else.
@Suite("Sharp tools")
struct SharpToolTests {
  private struct Tool: Sendable {
    var name: String
    /// Below these folders it is looked for.
    var folders: [String]
    var isIn: @Sendable (String) -> Bool
    /// Files or folders, each with its reason.
    var reasons: [String: String]
  }

  private static let tools = [
    Tool(
      name: "unsafe", folders: ["Sources/", "Tests/"],
      isIn: { words($0).contains("unsafe") },
      reasons: [
        "Sources/Reactor/": "the system calls, and the memory that they read and write",
        "Tests/ReactorTests/": "calls the kernel itself, to look behind Reactor",
        "Tests/StreamdTests/": "plays peers that do to sockets what nobody should",
        "Tests/fuzz/Fuzz.swift": "libFuzzer hands over a C pointer",
      ]),
    Tool(
      name: "unowned(unsafe)", folders: ["Sources/", "Tests/"],
      isIn: { $0.contains("unowned(" + "unsafe)") }, reasons: [:]),
    Tool(
      name: "nonisolated(unsafe)", folders: ["Sources/", "Tests/"],
      isIn: { $0.contains("nonisolated(" + "unsafe)") }, reasons: [:]),
    Tool(
      name: "@unchecked", folders: ["Sources/", "Tests/"],
      isIn: { $0.contains("@" + "unchecked") },
      reasons: [
        "Tests/StreamdTests/Service/Machine.swift": "its process belongs to Foundation",
        "Tests/StreamdTests/Support/FakeRTSPServer.swift": "a lock guards its door",
        "Tests/StreamdTests/Streamctl/CannedServer.swift": "a lock guards what it has heard",
        "Tests/StreamdTests/HTTP/BrowserTests.swift": "a lock guards what it has seen",
      ]),
    Tool(
      name: "! and try! and as!", folders: ["Sources/", "Tests/"], isIn: { isForced($0) },
      reasons: [:]),
    Tool(
      name: "wrapping arithmetic", folders: ["Sources/"],
      isIn: { line in ["&+", "&-", "&*", "&<<", "&>>"].contains { line.contains($0) } },
      reasons: [
        "Sources/Reactor/EventLoop.swift": "generations of descriptors go round",
        "Sources/Reactor/PacketBuffer.swift": "RTP's sequence numbers go round",
        "Sources/Streamd/Live/LiveSubscriber.swift": "RTP's timestamps go round",
        "Sources/Streamd/Media/Subscriber.swift": "RTP's sequence numbers go round",
        "Sources/Streamd/RTSP/RTSPServer.swift": "the golden section is taken of a whole turn",
        "Sources/Streamd/Viewer/RTPReceiver.swift": "RTP's timestamps go round",
        "Sources/Wire/Authentication/ClientAuthentication.swift": "the nonce count goes round",
        "Sources/Wire/Digest/MD5.swift": "RFC 1321 adds modulo 2^32",
        "Sources/Wire/Digest/SHA1.swift": "FIPS 180 adds modulo 2^32",
        "Sources/Wire/Digest/SHA256.swift": "FIPS 180 adds modulo 2^32",
        "Sources/Wire/JPEG/BlockCoder.swift": "a bit is added where it was not set",
        "Sources/Wire/RTCP/ReceptionStatistics.swift": "RFC 3550 appendix A reckons modulo 2^32",
        "Sources/Wire/RTP/LiveTimeline.swift": "RTP's timestamps go round",
        "Sources/Wire/RTP/Playhead.swift": "RTP's timestamps go round",
        "Sources/Wire/RTP/ReorderWindow.swift": "RTP's sequence numbers go round",
        "Sources/Wire/Recording/SourceClock.swift": "RTP's timestamps go round",
        "Sources/streamctl/Bench/Reception.swift": "RTP's numbers and timestamps go round",
        "Sources/streamctl/ActivityLog.swift": "the line before the first one is none",
      ]),
  ]

  @Test("each stands only where there is a reason for it")
  func reasons() {
    for tool in Self.tools {
      var used: Set<String> = []
      for file in SourceFile.all where tool.folders.contains(where: file.path.hasPrefix) {
        let lines = file.code.indices.filter { tool.isIn(file.code[$0]) }
        guard !lines.isEmpty else { continue }
        if let place = tool.reasons.keys.first(where: file.path.hasPrefix) {
          used.insert(place)
        } else {
          for line in lines { Issue.record("\(tool.name): \(file.path):\(line + 1)") }
        }
      }
      let needless = tool.reasons.keys.filter { !used.contains($0) }
      #expect(needless.sorted() == [], "\(tool.name) is not used there any more")
    }
  }

  @Test(
    "a forced unwrapping is told from a negation and a comparison",
    arguments: [
      ("a[0]!.b", true), ("f()!", true), ("x: Int!", true), ("try! f()", true),
      ("a as! B", true), ("!a && !b", false), ("a != b", false), ("if !isOpen {", false),
      ("f(!a)", false), ("[!a]", false), ("\"\"", false),
    ])
  func forced(_ line: String, _ isForced: Bool) {
    #expect(Self.isForced(line) == isForced)
  }

  private static func isForced(_ line: String) -> Bool {
    zip(zip(line, line.dropFirst()), line.dropFirst(2) + " ").contains { pair, next in
      let follows = pair.0.isLetter || pair.0.isNumber || "_)]>".contains(pair.0)
      return pair.1 == "!" && follows && next != "="
    }
  }

  private static func words(_ line: String) -> [Substring] {
    line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
  }
}
