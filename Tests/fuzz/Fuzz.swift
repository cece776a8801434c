import Reactor

/// The fuzzer's way in: libFuzzer calls this with one input after the other. The target is chosen
/// by `FUZZ_TARGET` in the environment; `Tests/fuzz/run` sets it.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ base: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target(unsafe Array(UnsafeBufferPointer(start: base, count: count)))
  return 0
}

/// What an input is given to.
typealias Target = @Sendable ([UInt8]) -> Void

/// All targets by their names, which are also their corpora's.
let targets: [String: Target] = [
  "rtsp-request": RTSPTargets.requests,
  "rtsp-client": RTSPTargets.client,
  "rtsp-header": RTSPTargets.headers,
  "sdp": RTSPTargets.description,
  "http-request": HTTPTargets.requests,
  "http-body": HTTPTargets.bodies,
  "http-response": HTTPTargets.responses,
  "http-header": HTTPTargets.headers,
  "proxy-header": HTTPTargets.proxyHeader,
  "websocket": HTTPTargets.webSocket,
  "http-pull": SourceTargets.pull,
  "source-url": SourceTargets.url,
  "json": TextTargets.json,
  "settings": TextTargets.settings,
  "rtp": RTPTargets.receiver,
  "rtp-jpeg": RTPTargets.pictures,
  "rtcp": RTPTargets.control,
  "avi": ContainerTargets.file,
  "multipart": ContainerTargets.file,
  "prefixed": ContainerTargets.file,
  "concatenated": ContainerTargets.file,
  "pictures": ContainerTargets.body,
  "jpeg": PictureTargets.normalize,
  "progressive": PictureTargets.normalize,
  "conversation": SequenceTargets.conversation,
  "world": SequenceTargets.world,
]

private let target: Target = {
  let name = Environment["FUZZ_TARGET"] ?? ""
  guard let target = targets[name] else {
    fatalError("FUZZ_TARGET is none of \(targets.keys.sorted().joined(separator: ", "))")
  }
  return target
}()

/// Ends the program with a finding.
func found(_ what: String) -> Never { fatalError("FOUND: \(what)") }

/// Ends the program unless something that always holds does.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { found(what()) }
}

/// Draws from the fuzzer's bytes, one for each choice; when there are none left, the number that
/// is the least of an accident to most.
struct Bytes: RandomNumberGenerator {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func next() -> UInt64 { UInt64(rest.popFirst() ?? 255) }
}

/// The input behind its first byte, cut into pieces of the length that this byte says: what a
/// parser makes of pieces has to be what it makes of the whole.
func pieces(_ input: [UInt8]) -> (whole: [UInt8], pieces: [[UInt8]])? {
  guard let first = input.first else { return nil }
  let whole = Array(input.dropFirst())
  let length = Int(first) + 1
  let pieces = stride(from: 0, to: whole.count, by: length).map {
    Array(whole[$0..<min($0 + length, whole.count)])
  }
  return (whole, pieces)
}
