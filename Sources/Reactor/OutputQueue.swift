/// What a connection still has to say to a peer that is slow to listen. Bounded: whoever appends
/// asks ``hasRoom`` first and otherwise stops reading requests or skips a whole frame.
public struct OutputQueue {
  private var bytes: [UInt8] = []
  private var sent = 0
  /// How many bytes may wait before nothing more is to be appended.
  public let limit: Int

  /// An empty queue that has room as long as fewer than `limit` bytes wait in it.
  public init(limit: Int) { self.limit = limit }

  /// Nothing waits.
  public var isEmpty: Bool { sent == bytes.count }
  /// How many bytes wait.
  public var count: Int { bytes.count - sent }
  /// Whether something more may be appended.
  public var hasRoom: Bool { count < limit }

  /// Appends a message.
  public mutating func append(_ message: [UInt8]) {
    compact()
    bytes.append(contentsOf: message)
  }

  /// Appends the rest of a frame of which the kernel took only the first `taken` bytes. The frame
  /// is copied out here because its buffer is about to be patched for the next viewer.
  public mutating func append(restOf packets: PacketBuffer, frame: Int, taken: Int) {
    compact()
    let (base, count) = unsafe packets.bytes(of: frame)
    let rest = unsafe UnsafeRawBufferPointer(start: base + taken, count: count - taken)
    unsafe bytes.append(contentsOf: rest)
  }

  /// Offers what waits to the socket. Returns false when the connection is broken.
  public mutating func flush(to socket: StreamSocket) -> Bool {
    while !isEmpty {
      switch socket.send(bytes, from: sent) {
      case .bytes(let count): sent += count
      case .full: return true
      case .closed: return false
      }
    }
    bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
    sent = 0
    return true
  }

  private mutating func compact() {
    guard sent > 0 else { return }
    bytes.removeFirst(sent)
    sent = 0
  }
}
