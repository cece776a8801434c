/// The RTP packets of all frames of a medium, laid out once for one way of sending, and shared by
/// every viewer that is served in that way.
///
/// Packets of a frame stand back to back, all of the same length (the stride) but the last, so that
/// one `send` with UDP segmentation, or one `send` on a TCP connection, carries the whole frame.
/// Per viewer only sequence number, timestamp and SSRC are written over the headers before the
/// send; the kernel copies synchronously, so the next viewer may patch at once.
///
///     [prefix][RTP header 12][payload …][prefix][RTP header 12][payload …] …
///
/// The prefix is empty for datagrams and the four bytes `$ channel length` for interleaved TCP
/// (RFC 2326 §10.12). The layout itself is made elsewhere; this type only knows where headers are.
@safe public final class PacketBuffer {
  /// Bytes from one packet's beginning to the next one's.
  public let stride: Int
  /// Bytes before each RTP header.
  public let prefix: Int

  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private var used = 0
  private var frames: UnsafeMutablePointer<Frame>
  private var frameCapacity: Int
  /// How many frames have been appended.
  public var count: Int { frameCount }
  // Not the public one itself: what other modules see is checked for exclusive access each time.
  private var frameCount = 0

  private struct Frame {
    var offset: Int
    var length: Int
    var packets: Int
  }

  /// What a viewer's header fields are for one frame.
  public struct Stamp {
    /// The first packet's sequence number; it is advanced by the frame's packets.
    public var sequence: UInt16
    /// All packets' timestamp.
    public var timestamp: UInt32
    /// The viewer's synchronisation source.
    public var ssrc: UInt32
    /// The interleaved channel; only used where there is a prefix.
    public var channel: UInt8

    /// All fields.
    public init(sequence: UInt16, timestamp: UInt32, ssrc: UInt32, channel: UInt8) {
      self.sequence = sequence
      self.timestamp = timestamp
      self.ssrc = ssrc
      self.channel = channel
    }
  }

  /// An empty buffer for packets of `stride` bytes with `prefix` bytes before each RTP header.
  /// The capacities are what is expected; it grows beyond them.
  public init(stride: Int, prefix: Int, frameCapacity: Int, byteCapacity: Int) {
    precondition(stride >= prefix + 12, "a packet has at least its header")
    self.stride = stride
    self.prefix = prefix
    self.frameCapacity = max(1, frameCapacity)
    capacity = max(1, byteCapacity)
    unsafe base = .allocate(byteCount: capacity, alignment: 64)
    unsafe frames = .allocate(capacity: self.frameCapacity)
  }

  deinit {
    unsafe base.deallocate()
    unsafe frames.deallocate()
  }

  /// Bytes of all frames together.
  public var byteCount: Int { used }

  /// Copies one frame's packets in. `bytes` is what a packetizer made for this stride and prefix;
  /// none make a frame without packets, of which nothing can be sent.
  public func append(_ bytes: [UInt8]) {
    let packets = (bytes.count + stride - 1) / stride
    precondition(
      bytes.isEmpty || bytes.count - (packets - 1) * stride >= prefix + 12, "a torn last packet")
    if used + bytes.count > capacity { grow(to: max(used + bytes.count, capacity * 2)) }
    if frameCount == frameCapacity { growFrames() }
    unsafe bytes.withUnsafeBytes { raw in
      guard let source = raw.baseAddress else { return }
      unsafe (base + used).copyMemory(from: source, byteCount: raw.count)
    }
    unsafe (frames + frameCount).initialize(
      to: Frame(offset: used, length: bytes.count, packets: packets))
    used += bytes.count
    frameCount += 1
  }

  /// How many packets a frame has.
  public func packets(of frame: Int) -> Int {
    precondition(frame >= 0 && frame < frameCount, "no such frame")
    return unsafe frames[frame].packets
  }

  /// A frame's whole length in this layout.
  public func byteCount(of frame: Int) -> Int {
    precondition(frame >= 0 && frame < frameCount, "no such frame")
    return unsafe frames[frame].length
  }

  /// The bytes of a frame's packets without prefixes and RTP headers: what RTCP counts as octets.
  public func payloadBytes(of frame: Int) -> Int {
    precondition(frame >= 0 && frame < frameCount, "no such frame")
    let frame = unsafe frames[frame]
    return frame.length - frame.packets * (prefix + 12)
  }

  /// Writes a viewer's stamp over the headers of a frame.
  public func patch(frame: Int, with stamp: Stamp) {
    precondition(frame >= 0 && frame < frameCount, "no such frame")
    let place = unsafe frames[frame]
    var packet = unsafe base + place.offset
    var sequence = stamp.sequence
    let timestamp = stamp.timestamp.bigEndian
    let ssrc = stamp.ssrc.bigEndian
    for _ in 0..<place.packets {
      let header = unsafe packet + prefix
      unsafe header.storeBytes(of: sequence.bigEndian, toByteOffset: 2, as: UInt16.self)
      unsafe header.storeBytes(of: timestamp, toByteOffset: 4, as: UInt32.self)
      unsafe header.storeBytes(of: ssrc, toByteOffset: 8, as: UInt32.self)
      if prefix > 0 {
        unsafe packet.storeBytes(of: stamp.channel, toByteOffset: 1, as: UInt8.self)
      }
      sequence &+= 1
      unsafe packet += stride
    }
  }

  /// Writes a number over a frame's bytes from `offset` on, as so many decimal digits with zeros in
  /// front: for headers that are text. Of a larger number the last digits are written.
  public func patch(frame: Int, at offset: Int, decimal value: Int64, digits: Int) {
    let (base, count) = unsafe bytes(of: frame)
    precondition(offset >= 0 && digits >= 0 && digits <= count - offset, "beyond the frame")
    var rest = value.magnitude
    for place in (offset..<offset + digits).reversed() {
      let digit = UInt8(ascii: "0") + UInt8(rest % 10)
      unsafe base.storeBytes(of: digit, toByteOffset: place, as: UInt8.self)
      rest /= 10
    }
  }

  /// A copy of a frame's bytes as they stand.
  public func copy(of frame: Int) -> [UInt8] {
    let (base, count) = unsafe bytes(of: frame)
    return unsafe Array(UnsafeRawBufferPointer(start: base, count: count))
  }

  func bytes(of frame: Int) -> (base: UnsafeMutableRawPointer, count: Int) {
    precondition(frame >= 0 && frame < frameCount, "no such frame")
    let place = unsafe frames[frame]
    return unsafe (base + place.offset, place.length)
  }

  private func grow(to wanted: Int) {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 64)
    unsafe larger.copyMemory(from: base, byteCount: used)
    unsafe base.deallocate()
    unsafe base = larger
    capacity = wanted
  }

  private func growFrames() {
    let larger = UnsafeMutablePointer<Frame>.allocate(capacity: frameCapacity * 2)
    unsafe larger.moveInitialize(from: frames, count: frameCount)
    unsafe frames.deallocate()
    unsafe frames = larger
    frameCapacity *= 2
  }
}
