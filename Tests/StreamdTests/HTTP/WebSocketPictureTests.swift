import Foundation
import Testing

@Suite("Pictures and numbers over the WebSocket")
struct WebSocketPictureTests {
  /// A socket whose session plays.
  private func player(_ daemon: DaemonProcess, _ fields: String = "") throws -> WebSocketClient {
    let socket = try WebSocketClient(daemon)
    let setup = try socket.command("setup", fields)
    #expect(setup["success"] as? Bool == true, "\(setup)")
    #expect(try socket.command("play")["success"] as? Bool == true)
    return socket
  }

  @Test("a binary message is exactly one JPEG, and they come in the file's order")
  func plain() throws {
    let daemon = try DaemonProcess()
    let socket = try player(daemon)
    let reader = try PictureReader()
    var numbers: [Int] = []
    for _ in 0..<40 { numbers.append(try #require(reader.number(of: socket.next(.binary)))) }
    // The answer to `play` may come behind the first pictures.
    #expect(numbers[0] < 10)
    #expect(numbers == Array(numbers[0]..<numbers[0] + 40))
  }

  @Test("an annotated picture has a text message directly before it, with number and times")
  func annotated() throws {
    let daemon = try DaemonProcess()
    let socket = try player(daemon, "\"frames\":\"annotated\"")
    let reader = try PictureReader()
    var frames: [(number: Int, due: Int?, sent: Int)] = []
    var pictures: [Int] = []
    while frames.count < 30 {
      let head = try socket.event("frame")
      let picture = try socket.readFrame()
      #expect(picture.opcode == .binary, "\(picture.text)")
      pictures.append(try #require(reader.number(of: picture.payload)))
      let number = try #require(head["frame_num"] as? Int)
      let sent = try #require(head["sent_us"] as? Int)
      frames.append((number, head["due_us"] as? Int, sent))
    }
    for (a, b) in zip(pictures, pictures.dropFirst()) { #expect(b == a + 1) }
    for (a, b) in zip(frames, frames.dropFirst()) { #expect(b.number == a.number + 1) }
    // The sender's clock is known as soon as its first report has come.
    let known = frames.filter { $0.due != nil }
    #expect(known.count >= 25)
    for frame in known {
      let late = frame.sent - (frame.due ?? 0)
      #expect((-10_000...1_000_000).contains(late), "sent \(late) µs after it was due")
    }
    for (a, b) in zip(known, known.dropFirst()) {
      #expect(abs((b.due ?? 0) - (a.due ?? 0) - 50_000) <= 100)
    }
    let now = Date().timeIntervalSince1970
    #expect(abs(now - Double(frames[29].sent) / 1e6) < 5)
  }

  @Test("the original's form has the picture in Base64")
  func base64() throws {
    let daemon = try DaemonProcess()
    let socket = try player(daemon, "\"frames\":\"base64\"")
    let reader = try PictureReader()
    var last: Int?
    for _ in 0..<10 {
      let frame = try socket.event("video_frame")
      #expect(
        Set(frame.keys) == ["event", "frame", "frame_num", "packets", "data_rate", "fps"])
      let data = try #require((frame["frame"] as? String).flatMap { Data(base64Encoded: $0) })
      let number = try #require(reader.number(of: Array(data)))
      if let last { #expect(number == last + 1) }
      last = number
    }
  }

  @Test("numbers come four times a second while it plays, and tell the truth")
  func stats() throws {
    let daemon = try DaemonProcess()
    let socket = try player(daemon)
    var times: [Double] = []
    var last: [String: Any] = [:]
    for _ in 0..<17 {
      last = try socket.event("stats")
      times.append(ProcessInfo.processInfo.systemUptime)
    }
    // On a busy machine some come late; those after them do not.
    let mean = (times[16] - times[0]) / 16
    #expect(abs(mean - 0.25) < 0.05, "\(mean) s apart")
    #expect(last["state"] as? String == "playing" && last["lost"] as? Int == 0)
    #expect(last["frames_skipped"] as? Int == 0)
    #expect(abs((last["fps"] as? Double ?? 0) - 20) < 3)
    let (frame, packets) = (last["frame"] as? Int ?? 0, last["packets"] as? Int ?? 0)
    #expect(frame > 60 && packets > 5 * frame)
    #expect(last["data_rate_kbps"] as? Double ?? 0 > 500)
    let latency = last["latency_ms"] as? Double ?? -1
    #expect(latency >= 0 && latency < 1000, "\(latency) ms")
  }

  /// Pictures of about 54 kB that say which one they are.
  private static let count = 50

  private func largePictures() throws -> [UInt8] {
    let picture = try Repository.samplePictures()[0]
    var bytes: [UInt8] = []
    for number in 1...Self.count {
      bytes += picture.dropLast(2)
      bytes += [UInt8](repeating: UInt8(number), count: 40_000)
      bytes += [0xFF, 0xD9]
    }
    return bytes
  }

  private func number(of jpeg: [UInt8]) throws -> Int {
    try #require(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == [0xFF, 0xD9])
    #expect(jpeg.count > 50_000)
    return Int(jpeg[jpeg.count - 3]) - 1
  }

  @Test("a socket that never reads costs a bounded number of bytes and nobody else a picture")
  func slowSocket() throws {
    let folder = try TemporaryFolder()
    try folder.write("large.mjpeg", try largePictures())
    let daemon = try DaemonProcess(["--fps", "100"], media: folder.path)
    let steady = try player(daemon, "\"frames\":\"annotated\"")
    // What the daemon needs at all, it has after a while.
    for _ in 0..<100 { _ = try steady.next(.binary) }
    let slow = try WebSocketClient(daemon, receiveBufferBytes: 8192)
    let id = try #require(try steady.command("pause")["session_id"] as? String)
    let watch = "\"session_id\":\"\(id)\",\"frames\":\"annotated\""
    #expect(try slow.command("setup", watch)["success"] as? Bool == true)
    #expect(try steady.command("play")["success"] as? Bool == true)
    let before = try residentKilobytes(daemon)
    var last: Int?
    var longest = 0
    for _ in 0..<250 {
      let sent = try #require(try steady.event("frame")["sent_us"] as? Int)
      _ = try number(of: steady.readFrame().payload)
      if let last { longest = max(longest, sent - last) }
      last = sent
    }
    let growth = try residentKilobytes(daemon) - before
    // 13 MB would have been too much for it by now.
    print(
      "a socket that never reads: \(growth) kB more, steady pictures \(longest / 1000) ms apart")
    #expect(growth < 4096, "\(growth) kB more than before")
    #expect(longest < 300_000, "others waited for \(longest) µs")
    try readsAgain(slow, now: try #require(last))
  }

  /// Whole messages only, few of them old.
  private func readsAgain(_ slow: WebSocketClient, now: Int) throws {
    var held = 0
    while true {
      let frame = try slow.readFrame()
      #expect(frame.opcode == .text && !frame.event.isEmpty)
      guard frame.event == "frame" else { continue }
      _ = try number(of: try slow.readFrame().payload)
      if try #require(frame.json["sent_us"] as? Int) > now - 300_000 { break }
      held += 1
    }
    #expect(held <= 40, "\(held) old pictures")
    for _ in 0..<5 { _ = try number(of: slow.next(.binary)) }
  }

  private func residentKilobytes(_ daemon: DaemonProcess) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.filter(\.isNumber)))
  }
}
