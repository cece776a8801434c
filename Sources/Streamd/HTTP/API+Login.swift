internal import Reactor
internal import Wire

/// Logging in and out, for browsers: what they load by themselves carries a cookie, nothing else.
extension API {
  func logIn(_ exchange: HTTPExchange) {
    guard control.access.isOn else {
      return exchange.reply(
        Problem(
          .conflict, "no_users", "nobody has to log in here", hint: "open the dashboard"))
    }
    guard let login = JSON.login(exchange.request.body) else {
      return exchange.reply(
        Problem(
          .badRequest, "bad_json", "the body is no such JSON object",
          hint: "{\"user\":\"NAME\",\"password\":\"PASSWORD\"}"))
    }
    guard let entry = control.access.judge(user: login.user, password: login.password) else {
      return exchange.refuse(user: login.user)
    }
    var response = Self.json(LoginReport(user: entry.name, role: entry.role.rawValue))
    response.headers.append(
      "Set-Cookie",
      exchange.cookie(
        control.access.logIn(entry), seconds: control.access.limits.loginSeconds))
    exchange.reply(response)
  }

  func logOut(_ exchange: HTTPExchange) {
    exchange.dropLogin(control.access)
    var response = HTTPResponse(.noContent)
    response.headers.append("Set-Cookie", exchange.cookie("", seconds: 0))
    exchange.reply(response)
  }
}

extension HTTPExchange {
  /// The value of `Set-Cookie`: no script can read it, and no other site makes a browser send it.
  fileprivate func cookie(_ word: String, seconds: Int) -> String {
    let secure = isSecure ? "; Secure" : ""
    return "\(cookieName)=\(word); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(secure)"
  }

  fileprivate func dropLogin(_ access: Access) {
    if let word = request.cookie(cookieName) { access.logOut(word) }
  }
}
