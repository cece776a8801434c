internal import CLinux
internal import Glibc

/// A UDP socket. Connected to its peer, it sends only there and receives only from there.
///
/// A frame's packets go out in one `send`, cut into datagrams by the kernel (UDP_SEGMENT). Where
/// the kernel or the route refuses that, the socket falls back to `sendmmsg` for good.
public final class DatagramSocket {
  // What a send needs comes first, so that it lies in one line of the processor's cache.
  let descriptor: Descriptor
  private var segmentation: Bool
  private let segmentBytes: Int
  /// How much of a frame goes out with one call, in whole packets.
  public let bytesPerSend: Int
  /// Our end.
  public let local: SocketAddress
  /// The other end; nil until ``connect(to:)``.
  public private(set) var peer: SocketAddress?

  /// What sending came to.
  public enum Sent: Equatable {
    /// The kernel took everything.
    case sent
    /// So many bytes of a large frame, whole packets. What has left has used up its sequence
    /// numbers: the rest is to follow, by ``send(restOf:from:atMost:)``.
    case part(Int)
    /// No room in the kernel's buffer; nothing was taken.
    case full
    /// The peer's port is closed: an earlier datagram came back.
    case refused
    /// There is no way to the peer at the moment: its network is down, or a filter forbids it.
    case noRoute
    /// The datagram is larger than UDP or the route allows.
    case tooLarge
  }

  /// The kernel's bound for one segmented send, UDP's length field; and a number of segments that
  /// every kernel since 4.18 takes.
  private static let bytesPerSendMax = 65_507
  private static let segmentsPerSendMax = 64
  /// So much of a frame at once, 125 kB: more would fill the buffer that Linux gives a receiver by
  /// default.
  private static let sendsPerFrameMax = 2

  /// Binds to `local`; ``connect(to:)`` follows when the peer is known.
  ///
  /// - Parameters:
  ///   - segmentBytes: the length of a packet that ``send(_:frame:)`` cuts at; nil when only whole
  ///     datagrams are sent.
  ///   - receiveBufferBytes: bounds what the kernel holds of datagrams that nobody reads.
  ///   - isShared: others who say so, too, may bind to the same port: a group has many members.
  /// - Throws: when the port is taken (``SystemError/isAddressInUse``) or nothing is left.
  public init(
    local: SocketAddress, segmentBytes: Int? = nil, receiveBufferBytes: Int, isShared: Bool = false
  ) throws(SystemError) {
    let descriptor = try Socket.open(.datagram, local.family)
    if isShared { try Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
    try Socket.bind(descriptor, to: local)
    try? Socket.set(descriptor, SOL_SOCKET, SO_RCVBUF, Int32(clamping: receiveBufferBytes))
    var segmentation = false
    if let segmentBytes {
      segmentation = Self.enableSegmentation(descriptor, segmentBytes)
    }
    self.segmentation = segmentation
    self.segmentBytes = segmentBytes ?? 0
    let packets = segmentBytes.map {
      min(Self.segmentsPerSendMax, max(1, Self.bytesPerSendMax / $0)) * $0
    }
    bytesPerSend = packets ?? Self.bytesPerSendMax
    self.local = Socket.localAddress(descriptor) ?? local
    self.descriptor = descriptor
  }

  /// From now on only this peer is heard and sent to.
  public func connect(to peer: SocketAddress) throws(SystemError) {
    try Socket.connect(descriptor, to: peer)
    self.peer = peer
  }

  /// Our end as it is now: the peer decides which of our addresses it is.
  public var ownAddress: SocketAddress? { Socket.localAddress(descriptor) }

  private static func enableSegmentation(_ descriptor: borrowing Descriptor, _ bytes: Int) -> Bool {
    do {
      try Socket.set(
        descriptor, Int32(CLINUX_SOL_UDP), Int32(CLINUX_UDP_SEGMENT), Int32(clamping: bytes))
      return true
    } catch {
      return false
    }
  }

  /// Sends one frame: in one call as long as it fits in one, which it does up to 64 kB. Of frames
  /// beyond 125 kB a part is left.
  public func send(_ packets: PacketBuffer, frame: Int) -> Sent {
    let (base, count) = unsafe packets.bytes(of: frame)
    // Even one packet goes by way of the segments where those are on: the kernel refuses it just as
    // it would refuse several, and the fallback is there.
    if !segmentation && packets.packets(of: frame) == 1 { return unsafe send(base, count) }
    precondition(packets.stride == segmentBytes, "packets laid out for another segment size")
    return unsafe sendChunks(base, count, atMost: Self.sendsPerFrameMax)
  }

  /// Sends what is left of a frame from byte `offset` of a copy on, with so many calls at most.
  public func send(restOf bytes: [UInt8], from offset: Int, atMost sends: Int) -> Sent {
    precondition(offset < bytes.count, "nothing is left")
    return unsafe bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return .sent }
      return unsafe sendChunks(base + offset, raw.count - offset, atMost: sends)
    }
  }

  private func sendChunks(_ base: UnsafeRawPointer, _ count: Int, atMost sends: Int) -> Sent {
    let chunk = bytesPerSend
    var offset = 0
    for _ in 0..<sends where offset < count {
      switch unsafe sendSegments(base + offset, min(chunk, count - offset)) {
      case .sent: offset = min(offset + chunk, count)
      case .part(let bytes): return .part(offset + bytes)
      case .full where offset > 0: return .part(offset)
      case let outcome: return outcome
      }
    }
    return offset < count ? .part(offset) : .sent
  }

  /// Sends one datagram, an RTCP packet say.
  public func send(_ datagram: [UInt8]) -> Sent {
    unsafe datagram.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return .sent }
      return unsafe send(base, raw.count)
    }
  }

  /// The same to wherever it is to go, from a socket without a peer.
  public func send(_ datagram: [UInt8], to address: SocketAddress) -> Sent {
    let number = descriptor.number
    let call = systemCall {
      unsafe address.withSocketAddress { target, length in
        unsafe datagram.withUnsafeBytes { raw in
          unsafe sendto(number, raw.baseAddress, raw.count, Int32(MSG_DONTWAIT), target, length)
        }
      }
    }
    switch call {
    case .value: return .sent
    case .wouldBlock: return .full
    case .failed(let code): return Self.outcome(code)
    }
  }

  /// Reads one datagram; nil when none is there. An error that an earlier send provoked is cleared.
  public func receive(into buffer: ReceiveBuffer) -> Int? {
    let number = descriptor.number
    switch systemCall({ unsafe recv(number, buffer.base, buffer.capacity, 0) }) {
    case .value(let count):
      buffer.count = count
      return count
    case .wouldBlock, .failed:
      return nil
    }
  }

  /// The same before there is a peer: whoever sent the datagram may be anyone.
  public func receiveFromAnyone(into buffer: ReceiveBuffer) -> SocketAddress? {
    guard let read = unsafe readWithSender(buffer.base, buffer.capacity, 0) else { return nil }
    buffer.count = read.count
    return read.sender
  }

  /// Who sent the next datagram, which stays to be read; nil when none is there.
  public func peekSender() -> SocketAddress? {
    unsafe readWithSender(nil, 0, Int32(MSG_PEEK))?.sender
  }

  private func readWithSender(
    _ base: UnsafeMutableRawPointer?, _ capacity: Int, _ flags: Int32
  ) -> (count: Int, sender: SocketAddress?)? {
    let number = descriptor.number
    var sender: SocketAddress?
    let call = systemCall {
      var count = 0
      let (_, address) = unsafe SocketAddress.read {
        count = unsafe recvfrom(number, base, capacity, flags, $0, $1)
        return Int32(clamping: count)
      }
      sender = address
      return count
    }
    guard case .value(let count) = call else { return nil }
    return (count, sender)
  }

  /// Throws away what has come in; what strangers sent before ``connect(to:)`` would still be read
  /// after it.
  public func discard(into buffer: ReceiveBuffer) {
    for _ in 0..<Self.discardsMax where receive(into: buffer) == nil { return }
  }

  /// More than a small receive buffer holds; the peer, alone heard by now, may go on sending.
  private static let discardsMax = 1024

  private func sendSegments(_ base: UnsafeRawPointer, _ count: Int) -> Sent {
    if segmentation {
      let number = descriptor.number
      switch systemCall({ unsafe Glibc.send(number, base, count, Int32(MSG_DONTWAIT)) }) {
      case .value: return .sent
      case .wouldBlock: return .full
      case .failed(EINVAL), .failed(EIO), .failed(EOPNOTSUPP), .failed(EMSGSIZE):
        segmentation = false
        // The option must go, else the kernel would still cut what sendmmsg offers.
        try? Socket.set(descriptor, Int32(CLINUX_SOL_UDP), Int32(CLINUX_UDP_SEGMENT), 0)
      case .failed(let code): return Self.outcome(code)
      }
    }
    return unsafe sendEach(base, count)
  }

  /// One message per packet, still one system call for the frame.
  private func sendEach(_ base: UnsafeRawPointer, _ count: Int) -> Sent {
    let (number, stride) = (descriptor.number, segmentBytes)
    let packets = (count + stride - 1) / stride
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: packets) { parts in
      unsafe withUnsafeTemporaryAllocation(of: clinux_mmsghdr.self, capacity: packets) { messages in
        for index in 0..<packets {
          let offset = index * stride
          unsafe parts.initializeElement(
            at: index,
            to: iovec(
              iov_base: UnsafeMutableRawPointer(mutating: base + offset),
              iov_len: min(stride, count - offset)))
          var message = unsafe clinux_mmsghdr()
          unsafe message.header.msg_iov = parts.baseAddress.map { unsafe $0 + index }
          unsafe message.header.msg_iovlen = 1
          unsafe messages.initializeElement(at: index, to: message)
        }
        let call = systemCall {
          unsafe Int(
            clinux_sendmmsg(
              number, messages.baseAddress, UInt32(packets), Int32(MSG_DONTWAIT)))
        }
        switch call {
        case .value(let sent): return sent < packets ? .part(sent * stride) : .sent
        case .wouldBlock: return .full
        case .failed(let code): return Self.outcome(code)
        }
      }
    }
  }

  private func send(_ base: UnsafeRawPointer, _ count: Int) -> Sent {
    let number = descriptor.number
    switch systemCall({ unsafe Glibc.send(number, base, count, Int32(MSG_DONTWAIT)) }) {
    case .value: return .sent
    case .wouldBlock: return .full
    case .failed(let code): return Self.outcome(code)
    }
  }

  private static func outcome(_ code: Int32) -> Sent {
    switch code {
    case ECONNREFUSED: return .refused
    case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EPERM: return .noRoute
    case EMSGSIZE: return .tooLarge
    default: return .full
    }
  }
}

extension EventLoop {
  /// Watches a datagram socket.
  public func add(
    _ socket: DatagramSocket, _ interest: Readiness, _ handler: any EventHandler
  ) throws(SystemError) -> Registration {
    try add(socket.descriptor, interest, handler)
  }
}
