internal import Reactor
internal import Wire

/// Where secrets come from: files, whose paths may be told to anybody. A service manager puts such
/// files into a folder of the service's own (systemd.exec(5), CREDENTIALS_DIRECTORY).
struct Secrets {
  /// The file that `STREAMD_USERS` names.
  private let usersPath: String?
  /// The file that `STREAMD_SOURCES` names.
  private let sourcesPath: String?
  /// Passwords of sources, by their variables.
  private let passwords: [String: String]
  private let credentials: String?

  static let passwordPrefix = "STREAMD_SOURCE_"
  static let passwordSuffix = "_PASSWORD"

  private static let fileBytesMax = 1 << 20
  private static let passwordBytesMax = 1024
  /// Less could be guessed (RFC 7518 §3.2).
  private static let keyBytesMin = 32

  init(environment: [String: String] = [:]) {
    usersPath = environment["STREAMD_USERS"].flatMap { $0.isEmpty ? nil : $0 }
    sourcesPath = environment["STREAMD_SOURCES"].flatMap { $0.isEmpty ? nil : $0 }
    passwords = environment.filter { Self.isPassword($0.key) }
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
    // With nobody in it everybody would be let in: it is being written, or was lost.
    guard !values.isEmpty else {
      throw Configuration.Fault(
        message: "\(path): there is no user in it; without the file everybody is let in")
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

  // MARK: Sources

  /// What is relayed, by the file that was named, else by the service's; nil without either.
  func sources() throws(Configuration.Fault) -> Configuration.Assignment? {
    guard let setting = Setting.named("sources"),
      let (path, bytes) = try file(sourcesPath, "sources")
    else { return nil }
    let members = try ConfigurationFile.object(bytes, name: path)
    return .init(setting: setting, values: [], members: members, origin: path)
  }

  /// Gives sources the passwords that are kept apart from their URLs.
  func unlock(_ sources: [SourceSettings]) throws(Configuration.Fault) -> [SourceSettings] {
    var owners: [String: String] = [:]
    return try sources.map { (source) throws(Configuration.Fault) in
      guard let (origin, password) = try password(of: source) else { return source }
      if let other = owners.updateValue(source.name, forKey: origin) {
        throw .init(message: "\(origin): this would be for \(other) and \(source.name); rename one")
      }
      guard let user = source.url.userInfo?.user, !user.isEmpty else {
        throw .init(
          message: "\(origin): \(source.name) has no user; write rtsp://USER@HOST/… in sources")
      }
      var source = source
      source.url.userInfo = UserInfo(user: user, password: password)
      return source
    }
  }

  /// Variables for passwords that no source wants.
  func idleVariables(beside sources: [SourceSettings]) -> [String] {
    let wanted = Set(sources.map(\.passwordVariable))
    return passwords.keys.filter { !wanted.contains($0) }.sorted()
  }

  static func isPassword(_ variable: String) -> Bool {
    variable.hasPrefix(passwordPrefix) && variable.hasSuffix(passwordSuffix)
      && variable.utf8.count > passwordPrefix.utf8.count + passwordSuffix.utf8.count
  }

  private func password(
    of source: SourceSettings
  ) throws(Configuration.Fault) -> (origin: String, password: String)? {
    let found: (origin: String, bytes: [UInt8])
    if let password = passwords[source.passwordVariable] {
      found = (source.passwordVariable, Array(password.utf8))
    } else if let (path, bytes) = try file(nil, source.credential) {
      // The line's end belongs to the file.
      found = (path, bytes.last == 0x0A ? bytes.dropLast() : bytes)
    } else {
      return nil
    }
    guard found.bytes.count <= Self.passwordBytesMax,
      found.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      let password = String(validating: found.bytes, as: UTF8.self)
    else {
      throw .init(
        message: "\(found.origin): want a password in one line, \(Self.passwordBytesMax) bytes at "
          + "most")
    }
    return (found.origin, password)
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
