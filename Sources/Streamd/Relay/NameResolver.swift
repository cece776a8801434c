internal import Reactor

/// Addresses of host names, looked up beside the loop.
///
/// The C library waits for a name server as long as it likes, half a minute say. On the worker that
/// opens files nobody could open any meanwhile, so lookups have a thread of their own, which begins
/// with the first name: addresses need none.
final class NameResolver {
  typealias Found = Result<[SocketAddress], NameLookup.Failure>
  typealias Lookup = @Sendable (_ host: String, _ port: UInt16) -> Found

  private let loop: EventLoop
  private let lookup: Lookup
  private var worker: Worker?

  /// - Parameter lookup: what is done on the thread.
  init(loop: EventLoop, lookup: @escaping Lookup = { NameResolver.ask($0, $1) }) {
    self.loop = loop
    self.lookup = lookup
  }

  deinit { worker?.close() }

  /// Hands the addresses of a host to `done`, those to be tried first in front: at once if it is an
  /// address itself, else in a later turn.
  func resolve(_ host: String, port: UInt16, then done: @escaping (Found) -> Void) {
    if let literal = SocketAddress(host: host, port: port) { return done(.success([literal])) }
    do throws(SystemError) {
      if worker == nil { worker = try Worker(on: loop) }
      try worker?.perform({ [lookup] in lookup(host, port) }, then: done)
    } catch {
      done(.failure(NameLookup.Failure(reason: error.reason)))
    }
  }

  @Sendable
  private static func ask(_ host: String, _ port: UInt16) -> Found {
    do throws(NameLookup.Failure) {
      return .success(try NameLookup.addresses(of: host, port: port))
    } catch {
      return .failure(error)
    }
  }
}
