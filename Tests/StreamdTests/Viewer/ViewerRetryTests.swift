import Reactor
import Testing
import Wire

@testable import Streamd

/// Silence and loss, on a clock that the test moves (``ViewerStage``).
@Suite("A viewer tries again")
struct ViewerRetryTests {
  /// Times as they are on the wheel, whose slots are milliseconds.
  private func expect(
    _ times: [Instant], _ wanted: [Instant], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isClose = zip(times, wanted).allSatisfy { abs($0 - $1) <= 20 }
    #expect(
      times.count == wanted.count && isClose, "\(times), not \(wanted)",
      sourceLocation: sourceLocation)
  }

  @Test(
    "a server that says nothing at setup is asked three times, more and more seldom, and given up",
    arguments: ["OPTIONS", "DESCRIBE", "SETUP"])
  func silence(_ method: String) throws {
    let stage = try ViewerStage()
    stage.camera.silentAt = method
    let begin = stage.now
    let (session, outcome) = try stage.setup()
    #expect(session.report.attempt == 1 && session.report.attemptsMax == 3)
    let perAttempt = ["OPTIONS": 1, "DESCRIBE": 2, "SETUP": 3][method] ?? 0
    for attempt in 1...3 {
      try stage.wait { stage.camera.requests.count == attempt * perAttempt }
      #expect(session.report.attempt == attempt && session.report.state == "init")
      #expect(stage.retries.count == attempt - 1 && !outcome.isOver)
      // The answer's time, and the delay before the next attempt.
      try stage.run(seconds: 5.01)
      if attempt < 3 { try stage.run(seconds: attempt == 1 ? 0.5 : 1) }
    }
    let problem = try #require(outcome.problem)
    #expect(problem.code == "timeout" && problem.status == 502, "\(problem)")
    #expect(problem.detail.hasSuffix("does not answer (3 attempts)"), "\(problem)")
    #expect(problem.hint.contains("check address and port"))
    expect([outcome.at - begin], [16_500])
    expect(stage.retries.map { $0.at - begin }, [5000, 10_500])
    #expect(stage.retries.map(\.report.attempt) == [2, 3])
    #expect(stage.retries.map(\.report.attemptsMax) == [3, 3])
    #expect(stage.retries[0].message.hasSuffix("does not answer, attempt 2 of 3 follows in 0.5 s"))
    let lines = stage.log.filter { $0.hasPrefix("viewer has no answer, tries again") }
    #expect(lines.count == 2)
    #expect(lines[0].contains(" in_ms=500 attempt=2 of=3 "), "\(lines)")
    #expect(lines[1].contains(" in_ms=1000 attempt=3 of=3 "), "\(lines)")
    // Nothing of it is left over.
    #expect(stage.viewers.all.isEmpty)
    try stage.run(seconds: 60)
    #expect(stage.camera.requests.count == 3 * perAttempt && stage.camera.openCount == 0)
    try stage.end()
  }

  @Test("slow answers do not lengthen an attempt: the setup is given up after 22.5 seconds")
  func slowAnswers() throws {
    let stage = try ViewerStage()
    stage.camera.silentAt = "OPTIONS"
    let begin = stage.now
    let (_, outcome) = try stage.setup()
    for attempt in 1...3 {
      try stage.wait { stage.camera.requests.count == attempt * 2 - 1 }
      try stage.run(seconds: 4)
      stage.camera.connections[attempt - 1].answerHeld(1)
      stage.camera.silentAt = "DESCRIBE"
      try stage.wait { stage.camera.requests.count == attempt * 2 }
      stage.camera.silentAt = "OPTIONS"
      try stage.run(seconds: 2.8)
      #expect(!outcome.isOver && stage.retries.count == attempt - 1)
      try stage.run(seconds: attempt < 3 ? 0.25 + 0.5 * Double(attempt) : 0.25)
    }
    #expect(outcome.problem?.code == "timeout")
    expect([outcome.at - begin], [22_500])
    try stage.end()
  }

  @Test("a server that answers the third attempt is set up, and the trouble is forgotten")
  func answersAtLast() throws {
    let stage = try ViewerStage()
    stage.camera.silentAt = "DESCRIBE"
    let (session, outcome) = try stage.setup()
    for attempt in 1...2 {
      try stage.wait { stage.camera.requests.count == attempt * 2 }
      if attempt == 2 { stage.camera.silentAt = nil }
      try stage.run(seconds: 5.01)
      try stage.run(seconds: 0.5 * Double(attempt))
    }
    try stage.wait { outcome.isOver }
    #expect(outcome.problem == nil && session.state == .ready)
    #expect(session.report.attempt == 0 && session.report.attemptsMax == 0)
    #expect(stage.log.contains { $0.hasPrefix("viewer has reached its server") })
    #expect(stage.states == ["ready: Set up over TCP"])
    try stage.wait { stage.camera.openCount == 1 }
    try stage.end()
  }

  @Test("a connection that is refused while setting up is an answer: no attempt follows")
  func refused() throws {
    let stage = try ViewerStage()
    stage.camera.stop()
    let (_, outcome) = try stage.setup()
    try stage.wait { outcome.isOver }
    #expect(outcome.problem?.code == "unreachable" && outcome.problem?.status == 502)
    #expect(outcome.problem?.detail.contains("attempts") == false)
    #expect(stage.retries.isEmpty && stage.viewers.all.isEmpty)
    try stage.end()
  }

  @Test("a setup that waits for its next attempt ends with a teardown", arguments: [2.0, 5.2, 8])
  func teardownMeanwhile(_ seconds: Double) throws {
    let stage = try ViewerStage()
    stage.camera.silentAt = "OPTIONS"
    let (session, outcome) = try stage.setup()
    try stage.wait { stage.camera.requests.count == 1 }
    try stage.run(seconds: seconds)
    session.teardown()
    #expect(outcome.problem?.code == "wrong_state" && stage.viewers.all.isEmpty)
    #expect(session.report.attempt == 0)
    let asked = stage.camera.requests.count
    try stage.run(seconds: 60)
    #expect(stage.camera.openCount == 0 && stage.camera.requests.count <= asked + 1)
    #expect(stage.retries.count == (seconds < 5 ? 0 : 1))
    try stage.end()
  }

  @Test("a server that was lost while it played is given up after five retries")
  func lost() throws {
    let stage = try ViewerStage()
    let session = try stage.play()
    let begin = stage.now
    stage.camera.stop()
    for (retry, delay) in [0.5, 1, 2, 4, 8].enumerated() {
      try stage.wait { stage.retries.count == retry + 1 }
      #expect(session.state == .playing && session.report.attempt == retry + 1)
      try stage.run(seconds: delay)
    }
    try stage.wait { session.state == .initial }
    expect(stage.retries.map { $0.at - begin }, [0, 500, 1500, 3500, 7500])
    expect([stage.now - begin], [15_500])
    #expect(stage.retries.map(\.report.attemptsMax) == [5, 5, 5, 5, 5])
    let last = try #require(stage.states.last)
    #expect(last.hasPrefix("init: ") && last.hasSuffix(", given up after 5 retries"), "\(last)")
    #expect(stage.viewers.all.isEmpty)
    let lines = stage.log.filter { $0.hasPrefix("viewer lost its server, tries again") }
    #expect(lines.count == 5 && lines[4].contains(" in_ms=8000 attempt=5 of=5 "), "\(lines)")
    try stage.end()
  }

  @Test(
    "a retry that meets silence goes on to the next one, until it is given up", arguments: [1, 5])
  func silentRetries(_ answeredRetry: Int) throws {
    let stage = try ViewerStage()
    let session = try stage.play()
    stage.camera.stop()
    stage.camera.silentAt = "OPTIONS"
    try stage.wait { stage.retries.count == 1 }
    try stage.camera.start()
    for retry in 1...answeredRetry {
      let asked = stage.camera.requests.count
      try stage.run(seconds: 0.25 * Double(1 << retry))
      try stage.wait { stage.camera.requests.count == asked + 1 }
      #expect(session.state == .playing && session.report.attempt == retry)
      try stage.run(seconds: 5.01)
    }
    guard answeredRetry < 5 else {
      #expect(session.state == .initial && stage.retries.count == 5)
      let last = try #require(stage.states.last)
      #expect(last.hasSuffix("does not answer, given up after 5 retries"), "\(last)")
      #expect(stage.viewers.all.isEmpty)
      return try stage.end()
    }
    // Silence was followed by the second retry; this one is answered.
    #expect(stage.retries.count == 2)
    stage.camera.silentAt = nil
    try stage.run(seconds: 1)
    try stage.wait { session.report.attempt == 0 }
    #expect(session.state == .playing && stage.states.last == "playing: Playing again")
    // What comes next is counted from the beginning.
    stage.camera.stop()
    try stage.wait { stage.retries.count == 3 }
    #expect(stage.retries[2].report.attempt == 1)
    #expect(stage.log.last?.contains(" in_ms=500 attempt=1 of=5 ") == true)
    try stage.end()
  }

  @Test("a server that does not answer to a sign of life while it plays is taken for lost")
  func keepalive() throws {
    let stage = try ViewerStage()
    let session = try stage.play()
    stage.camera.silentAt = "OPTIONS"
    let asked = stage.camera.requests.count
    try stage.run(seconds: 30.1)
    try stage.wait { stage.camera.requests.count == asked + 1 }
    try stage.run(seconds: 5.01)
    #expect(session.state == .playing && stage.retries.count == 1, "\(stage.log)")
    stage.camera.silentAt = nil
    try stage.run(seconds: 0.5)
    try stage.wait { session.report.attempt == 0 }
    #expect(session.state == .playing)
    try stage.end()
  }

  @Test("a connection that is never taken up is silence, too")
  func connectTimeout() throws {
    let stage = try ViewerStage()
    let full = try FullListener()
    let target = try #require(SocketAddress(host: "127.0.0.1", port: full.port))
    let viewers = ViewerSessions(
      loop: stage.loop, activity: stage.activity, buffer: ReceiveBuffer(capacity: 4096),
      ports: PortAllocator(46_000...46_999), allowed: [target], sessionsMax: 8)
    var problem: Problem?
    _ = try viewers.setup(
      ViewerTarget(serverAddr: "127.0.0.1", serverPort: Int(full.port), videoFile: "x"),
      transport: nil
    ) { problem = $1 }
    try stage.run(seconds: 16.4)
    #expect(problem == nil)
    try stage.run(seconds: 0.2)
    #expect(problem?.code == "timeout" && viewers.all.isEmpty)
    #expect(problem?.detail.hasSuffix("(3 attempts)") == true)
    try stage.end()
  }
}
