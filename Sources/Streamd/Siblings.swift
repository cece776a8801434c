internal import Reactor
internal import Wire

/// The instances that share ports, as the configuration names them.
struct Siblings {
  /// Which one this is, counted from 1; 0 when it is alone.
  var number = 0
  /// Where each is reached alone.
  var addresses: [String] = []

  /// Whether a page comes from one of them: it may ask the others how they are.
  func include(_ origin: String) -> Bool {
    let scheme = ["http://", "https://"].first { origin.hasPrefix($0) } ?? ""
    guard !scheme.isEmpty else { return false }
    let authority = origin.dropFirst(scheme.count).lowercased()
    let name = "localhost:"
    return addresses.contains {
      $0 == authority
        || authority.hasPrefix(name) && $0 == "127.0.0.1:\(authority.dropFirst(name.count))"
    }
  }
}
