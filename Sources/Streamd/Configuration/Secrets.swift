internal import Reactor
internal import Wire

/// Where secrets come from: files, whose paths may be told to anybody. A service manager puts such
/// files into a folder of the service's own (systemd.exec(5), CREDENTIALS_DIRECTORY).
struct Secrets {
  /// The file that `STREAMD_USERS` names.
  private let usersPath: String?
  private let credentials: String?

  private static let fileBytesMax = 1 << 20
  /// Less could be guessed (RFC 7518 §3.2).
  private static let keyBytesMin = 32

  init(environment: [String: String] = [:]) {
    usersPath = environment["STREAMD_USERS"].flatMap { $0.isEmpty ? nil : $0 }
    credentials = environment["CREDENTIALS_DIRECTORY"]
  }

  /// The users of the file that was named, else of the service's; nil without either.
  func users() throws(Configuration.Fault) -> Configuration.Assignment? {
    guard let setting = Setting.named("users"), let (path, bytes) = try file(usersPath, "users")
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(at: "\n", omittingEmptySubsequences: false)
    var values: [String] = []
    for (index, line) in lines.enumerated() {
      let line = String(line.last == "\r" ? line.dropLast() : line)
      if line.allSatisfy(\.isWhitespace) || line.hasPrefix("#") { continue }
      // The line itself is a secret, however wrong it is.
      guard UserEntry(line) != nil else {
        throw Configuration.Fault(message: "\(path): line \(index + 1): want \(setting.wanted)")
      }
      values.append(line)
    }
    return .init(setting: setting, values: values, origin: path)
  }

  /// The key that tokens are signed with, from the file at `path`, else from the service's; nil
  /// without either. White space at its end is not part of it.
  func tokenKey(_ path: String?) throws(Configuration.Fault) -> [UInt8]? {
    guard let (path, bytes) = try file(path, "token_key") else { return nil }
    let key = bytes.prefix((bytes.lastIndex { $0 > 0x20 } ?? -1) + 1)
    guard key.count >= Self.keyBytesMin else {
      throw Configuration.Fault(
        message: "\(path): a key for tokens has \(Self.keyBytesMin) bytes at least; make one with "
          + "openssl rand -hex 32")
    }
    return Array(key)
  }

  /// A file that was named has to be there; one of the service's may be missing.
  private func file(
    _ path: String?, _ credential: String
  ) throws(Configuration.Fault) -> (path: String, bytes: [UInt8])? {
    let found = path ?? credentials.map { "\($0)/\(credential)" }
    guard let found else { return nil }
    do throws(SystemError) {
      return (found, try WholeFile.read(found, limit: Self.fileBytesMax))
    } catch {
      if path == nil, error.isMissing { return nil }
      throw Configuration.Fault(message: "cannot read \(found): \(error.reason)")
    }
  }
}
