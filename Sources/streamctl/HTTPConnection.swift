internal import Reactor
internal import Wire

/// A connection to an HTTP server that waits for its answers, with a deadline on every wait. It
/// carries one request after the other.
final class HTTPConnection {
  /// Why there is no answer.
  enum Fault: Error, Equatable {
    /// No connection: the reason as the system has it.
    case unreachable(String)
    /// Nothing has come for so many seconds.
    case silent(Int)
    /// The connection ended; `isBefore` any byte of an answer.
    case closed(isBefore: Bool)
    /// What came is no HTTP, or more than is taken.
    case malformed(String)
    /// A signal came.
    case interrupted
  }

  /// What waiting is like: who is told of it, and who may end it.
  struct Patience {
    let progress: Progress
    var interruption: Interruption?
  }

  private let socket: StreamSocket
  private let patience: Patience
  private let buffer = ReceiveBuffer(capacity: 65_536)
  private var parser = HTTPResponseParser()
  /// It may be used for another request.
  private(set) var isOpen = true
  /// An answer has come over it.
  private(set) var isUsed = false

  /// A name has few addresses; each may take the whole time.
  private static let addressesMax = 4

  /// Connects to the first address that answers.
  init(to url: ServiceURL, seconds: Int, _ patience: Patience) throws(Fault) {
    self.patience = patience
    let addresses: [SocketAddress]
    do throws(NameLookup.Failure) {
      addresses = try NameLookup.addresses(of: url.host, port: url.port)
    } catch {
      throw Fault.unreachable("\(url.host): \(error.reason)")
    }
    var failure = Fault.unreachable("no address")
    for address in addresses.prefix(Self.addressesMax) {
      do throws(Fault) {
        socket = try Self.connect(to: address, seconds: seconds, patience)
        return
      } catch {
        if error == .interrupted { throw error }
        failure = error
      }
    }
    throw failure
  }

  /// A connection alone, of which nothing has been asked yet.
  static func connect(
    to address: SocketAddress, seconds: Int, _ patience: Patience
  ) throws(Fault) -> StreamSocket {
    let socket: StreamSocket
    do throws(SystemError) {
      socket = try StreamSocket(connectingTo: address)
    } catch {
      throw Fault.unreachable(error.reason)
    }
    do throws(Fault) {
      try wait(for: socket, .writing, seconds: seconds, "connecting to \(address)", patience)
    } catch {
      guard case .silent = error else { throw error }
      throw Fault.unreachable("no answer within \(seconds) s")
    }
    guard !socket.isConnected else { return socket }
    // Reading is how the socket tells why.
    _ = socket.receive(into: ReceiveBuffer(capacity: 1))
    throw Fault.unreachable(socket.failure?.reason ?? "not connected")
  }

  /// Sends a request and hands the answer out as it comes.
  ///
  /// - Parameters:
  ///   - method: whose answer it is: HEAD has no body.
  ///   - bytes: the whole request.
  ///   - seconds: how long the server may be silent.
  ///   - what: what is waited for, as a sentence.
  ///   - body: given the head and the next bytes of the body; what it throws ends the connection.
  /// - Returns: the answer's head.
  func exchange(
    _ method: String, _ bytes: [UInt8], seconds: Int, waitingFor what: String,
    body: (HTTPResponseParser.Head, [UInt8]) throws(Fault) -> Void
  ) throws(Fault) -> HTTPResponseParser.Head {
    precondition(isOpen, "a request over a connection that has ended")
    // Until the answer is complete, nothing else can be asked.
    isOpen = false
    try send(bytes, seconds: seconds, what)
    parser.expect(method)
    var head: HTTPResponseParser.Head?
    while true {
      switch try nextEvent(seconds: seconds, what) {
      case .head(let begun): head = begun
      case .body(let bytes):
        if let head { try body(head, bytes) }
      case .end:
        guard let head else { throw Fault.malformed("an end before the beginning") }
        isOpen = head.isPersistent
        isUsed = true
        return head
      }
    }
  }

  private func nextEvent(
    seconds: Int, _ what: String
  ) throws(Fault) -> HTTPResponseParser.Event {
    while true {
      do throws(HTTPResponseError) {
        if let event = try parser.next() { return event }
      } catch {
        throw Fault.malformed(error.description)
      }
      try Self.wait(for: socket, .reading, seconds: seconds, what, patience)
      switch socket.receive(into: buffer) {
      case .nothing: break
      case .bytes: buffer.withBytes { parser.feed($0) }
      case .closed:
        let isBefore = !parser.isInsideResponse
        guard let event = try? parser.finish() else { throw Fault.closed(isBefore: isBefore) }
        return event
      }
    }
  }

  private func send(_ bytes: [UInt8], seconds: Int, _ what: String) throws(Fault) {
    var sent = 0
    while sent < bytes.count {
      switch socket.send(bytes, from: sent) {
      case .bytes(let count): sent += count
      case .full: try Self.wait(for: socket, .writing, seconds: seconds, what, patience)
      case .closed: throw Fault.closed(isBefore: true)
      }
    }
  }

  /// Waits in steps of a second, so that it can be seen how long it takes.
  private static func wait(
    for socket: StreamSocket, _ purpose: Wait.Purpose, seconds: Int, _ what: String,
    _ patience: Patience
  ) throws(Fault) {
    let clock = SystemClock()
    let limit = clock.now() + Instant(seconds) * 1_000_000_000
    while true {
      let step = min(limit, patience.progress.next)
      switch Wait.for(socket, purpose, until: step, unless: patience.interruption) {
      case .ready: return
      case .interrupted: throw Fault.interrupted
      case .deadline:
        patience.progress.show(what)
        if clock.now() >= limit { throw Fault.silent(seconds) }
      }
    }
  }
}
