enum SequenceTargets {
  /// Requests, RTCP, silence, late answers and disconnections in the order of the fuzzer's bytes.
  static func conversation(_ input: [UInt8]) {
    var house = House(choices: Bytes(input), seed: 1)
    if let complaint = house.play() { found(complaint) }
  }

  /// Viewers and a server on a network that fails as the fuzzer's bytes say.
  static func world(_ input: [UInt8]) {
    guard let stage = try? Stage(Stage.Film(), choices: Bytes(input)) else {
      found("no event loop")
    }
    if let complaint = stage.play() { found(complaint) }
  }
}
