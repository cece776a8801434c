@testable import Wire

enum SourceTargets {
  /// A server that says anything at all to whoever pulls pictures from it over HTTP: what comes of
  /// it is the same however it is cut, and nothing comes after the end.
  static func pull(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input), let url = SourceURL("http://u:p@h:81/c?x=1") else {
      return
    }
    let (steps, damaged) = pull(url, [whole])
    let (others, otherDamaged) = pull(url, pieces)
    require(steps == others, "\(steps) at once, \(others) in pieces")
    require(damaged == otherDamaged, "\(damaged) damaged at once, \(otherDamaged) in pieces")
  }

  private static func pull(
    _ url: SourceURL, _ pieces: [[UInt8]]
  ) -> (steps: [HTTPPullConversation.Step], damaged: Int) {
    // Its nonces are the same each time.
    var conversation = HTTPPullConversation(url, userAgent: "fuzz", random: Bytes([]))
    var steps: [HTTPPullConversation.Step] = []
    conversation.connected(at: 0)
    for piece in [[]] + pieces {
      conversation.receive(piece.span, at: 0)
      while let step = conversation.next() {
        if case .failed? = steps.last { found("\(step) after the end") }
        if case .picture(let jpeg) = step {
          require(jpeg.starts(with: [0xFF, 0xD8]), "a picture without a beginning")
        }
        steps.append(step)
      }
      if steps.last == .reconnect { break }
    }
    if case .failed? = steps.last {
      require(conversation.deadline == nil, "a deadline after the end")
    } else if let deadline = conversation.deadline {
      conversation.wake(at: deadline)
      require(conversation.next() == .failed(.timeout), "a deadline that says nothing")
    }
    conversation.closed()
    conversation.connected(at: 1)
    return (steps, conversation.damaged)
  }

  /// Addresses of sources, from the configuration: what is asked for is the same address again, and
  /// what is shown has no password.
  static func url(_ input: [UInt8]) {
    guard let url = SourceURL(String(decoding: input, as: UTF8.self)) else { return }
    guard var again = SourceURL(url.requested) else { found("\(url.requested) is none") }
    require(again.userInfo == nil, "\(url.requested) has a user")
    again.userInfo = url.userInfo
    require(again == url, "\(url.requested) is another one than \(url)")
    require(!url.shown.utf8.contains { $0 <= 0x20 }, "\(url) is more than a word")
    if let info = url.userInfo, info.password.utf8.count > 8 {
      let isElsewhere = url.requested.contains(info.password)
      require(isElsewhere || !url.shown.contains(info.password), "\(url) shows the password")
    }
  }
}
