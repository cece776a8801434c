internal import Reactor
internal import Wire

/// What lets people and programs in: entries for users, and tokens. Neither needs a daemon.
extension Program {
  /// Prints the entry of a user.
  func passwd() throws(Failure) {
    let role = try role(.view)
    let password = try Self.newPassword()
    let videos = arguments["--videos"].map { UserEntry.patterns($0) }
    guard
      let entry = UserEntry(
        name: arguments.operand ?? "", role: role, password: password, videos: videos)
    else {
      throw Failure(.usage, "a name has 1 to 64 bytes, and neither colons nor control characters")
    }
    if isJSON {
      return try console.print(JSONValue.object(["entry": .string(entry.line)]).text)
    }
    try console.print(entry.line)
  }

  /// Prints a signed token.
  func token() throws(Failure) {
    let key = try tokenKey()
    let seconds = try Self.seconds(arguments["--expires"] ?? "12h")
    let now = Double(SystemClock().realtime() / 1_000_000_000)
    let claims = TokenClaims(
      sub: arguments["--sub"] ?? "streamctl", role: try role(.view), aud: .init(UserEntry.realm),
      exp: now + Double(seconds),
      videos: arguments["--videos"].map { UserEntry.patterns($0).map(\.text) })
    let token = JSONWebToken.make(Array(JSON.encode(claims).utf8), secret: key)
    if isJSON { return try console.print(JSONValue.object(["token": .string(token)]).text) }
    try console.print(token)
  }

  private func role(_ standard: Role) throws(Failure) -> Role {
    guard let text = arguments["--role"] else { return standard }
    guard let role = Role(rawValue: text) else {
      throw Failure(.usage, "--role \(text): want view, control or admin")
    }
    return role
  }

  private static let keyBytesMax = 65_536

  /// The daemon takes keys of 32 bytes at least, and leaves white space at their end out.
  private func tokenKey() throws(Failure) -> [UInt8] {
    guard let path = arguments["--key"] else {
      throw Failure(.usage, "--key FILE is missing: the daemon's token_key names the file")
    }
    do throws(SystemError) {
      let bytes = try WholeFile.read(path, limit: Self.keyBytesMax)
      let key = bytes.prefix((bytes.lastIndex { $0 > 0x20 } ?? -1) + 1)
      if key.count >= 32 { return Array(key) }
    } catch {
      throw Failure(.usage, "--key \(path): \(error.reason)")
    }
    throw Failure(
      .usage, "--key \(path): fewer than 32 bytes; make a key with openssl rand -hex 32")
  }

  /// `90s`, `15m`, `12h`, `30d`.
  private static func seconds(_ text: String) throws(Failure) -> Int {
    let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[String($0)] }), text.first?.isNumber == true,
      let count = Int(text.dropLast()), (1...36_500).contains(count)
    else {
      throw Failure(.usage, "--expires \(text): want a time from now on, such as 15m, 12h or 30d")
    }
    return count * unit
  }

  // MARK: Passwords

  /// A password for a user who is being made, typed twice where somebody types it.
  private static func newPassword() throws(Failure) -> String {
    let password = SecretInput.line(prompt: "Password: ")
    guard let password, !password.isEmpty else {
      throw Failure(.usage, "no password: type one, or put it on standard input")
    }
    if SecretInput.isInteractive, SecretInput.line(prompt: "Again: ") != password {
      throw Failure(.usage, "the two passwords differ")
    }
    return password
  }

  /// `NAME:PASSWORD` of the person at the daemon; nil where none is named.
  static func userInfo(_ arguments: Arguments) throws(Failure) -> String? {
    guard let user = arguments["--user"] ?? Environment["STREAMCTL_USER"] else { return nil }
    guard !user.isEmpty, !user.contains(":") else {
      throw Failure(.usage, "--user takes a name; its password comes from STREAMCTL_PASSWORD")
    }
    if let password = Environment["STREAMCTL_PASSWORD"] { return "\(user):\(password)" }
    guard SecretInput.isInteractive,
      let password = SecretInput.line(prompt: "Password of \(PlainText.escaped(user)): ")
    else {
      throw Failure(.usage, "there is no password for \(user): set STREAMCTL_PASSWORD")
    }
    return "\(user):\(password)"
  }
}
