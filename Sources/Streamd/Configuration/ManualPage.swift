/// The manual pages whose facts are the table of settings. `etc/man` has them as files.
enum ManualPage {
  /// The page of section 8, streamd(8), or of section 5, streamd.json(5), in man(7)'s language.
  static func text(section: String) throws(Configuration.Fault) -> String {
    switch section {
    case "8": daemon
    case "5": file
    default: throw Configuration.Fault(message: "--manual \(section): want 5 or 8")
    }
  }

  private static let daemon: String = {
    var page = #"""
      .TH STREAMD 8 "" "streamd \#(version)" "System Administration"
      .SH NAME
      streamd \- serve Motion-JPEG to RTSP players and browsers
      .SH SYNOPSIS
      .B streamd
      .RI [ option " ...]"
      .SH DESCRIPTION
      .B streamd
      serves the Motion-JPEG files of a folder to RTSP players over UDP and TCP, to browsers, and to
      scripts. Port 8554 speaks RTSP (RFC 2326); port 5000 has a dashboard, a JSON API, WebSocket
      and multipart streams. Both listen on the loopback address unless told otherwise.
      .PP
      The server for players is started by the dashboard, by
      .BR streamctl (1),
      or by
      .BR \-\-start .
      .SH OPTIONS
      Every option is also an environment variable and a key of the configuration file: options win
      over variables, variables over the file. See
      .BR streamd.json (5)
      for the bounds of each.

      """#
    let defaults = Configuration()
    for setting in Setting.all where !setting.isSecret {
      page += ".TP\n.B \(escaped(setting.flag))\n"
      if !setting.placeholder.isEmpty { page += ".I \(escaped(setting.placeholder))\n.br\n" }
      page += sentence(setting.summary)
      let shown = setting.show(defaults).joined(separator: ", ")
      if !shown.isEmpty, setting.shape != .object, setting.shape != .boolean {
        page += "Default: \(escaped(shown)).\n"
      }
    }
    return page + #"""
      .TP
      .B \-\-config
      .I FILE
      .br
      A JSON file with the same settings.
      .TP
      .B \-\-check\-config
      Say whether the configuration is good, and end.
      .TP
      .BR \-h ", " \-\-help
      The options in short.
      .TP
      .B \-\-version
      The version.
      .SH USERS
      Without users and without
      .B token_key
      anybody may do anything. An entry is made by
      .BR "streamctl passwd" ;
      entries stand in the key
      .B users
      of the configuration file, or line by line in the file that
      .B STREAMD_USERS
      names, or in the credential
      .B users
      of the service. They are as secret as passwords.
      .PP
      The role
      .B view
      watches;
      .B control
      also starts and stops the server and makes sessions for others;
      .B admin
      also sees clients and the activity log, and ends connections. A video that fits none of a
      user's patterns does not exist for that user; an asterisk stands for any characters.
      .PP
      RTSP takes Digest, Basic and Bearer; HTTP and the WebSocket take Basic, Bearer and the cookie
      of a login. Bearer are tokens of
      .BR "streamctl token" :
      JSON Web Tokens with HS256 that have
      .BR sub ", " role ", " aud
      (streamd) and
      .BR exp ,
      and may have
      .BR nbf " and " videos .
      .PP
      The dashboard's own sessions come from an address of this machine, which
      .B \-\-allow
      has to name as well.
      .SH SOURCES
      A source is a camera, or another server, whose Motion-JPEG is pulled over RTSP or HTTP and is
      there for everybody under a name of its own, as a file is: once, however many watch. Sources
      are the key
      .B sources
      of the configuration file, or all of the file that
      .B STREAMD_SOURCES
      names, or of the credential
      .B sources
      of the service; see
      .BR streamd.json (5).
      .PP
      The password of the user in a source's URL is the variable
      .BI STREAMD_SOURCE_ NAME _PASSWORD\fR,
      with NAME in capitals and an underscore for whatever is no letter or digit, or the credential
      .BI source\- NAME\fR,
      with a dash for a slash. A URL may have it as well, and then the file is a secret. It is shown
      nowhere.
      .PP
      A source that cannot be reached is tried again after half a second, then more and more seldom,
      down to every 30 seconds, for ever; one that wants another password, every minute or more
      seldom, because cameras lock out whoever guesses.
      .SH SIGNALS
      .TP
      .BR SIGTERM ", " SIGINT
      Say goodbye to every session (RTCP BYE), close everything, end with status 0.
      .TP
      .B SIGHUP
      Read the file of
      .B \-\-config
      again, and the files of users, sources, passwords and the token key; who is let in no more is
      cut off, and a source that has not changed plays on. A file with an error is told of in the
      log, and the old configuration kept.
      .SH EXIT STATUS
      0 after a signal to end, 1 when it cannot begin or go on, 2 on bad usage or configuration.
      .SH ENVIRONMENT
      .TP
      .B STREAMD_CONFIG
      The configuration file.
      .TP
      .BI STREAMD_ KEY
      A setting, such as
      .BR STREAMD_FPS .
      A variable that begins so and is no setting is told of in the log.
      .TP
      .B STREAMD_USERS
      A file of users, one a line.
      .TP
      .B STREAMD_SOURCES
      A file with the object of sources.
      .TP
      .BI STREAMD_SOURCE_ NAME _PASSWORD
      The password of a source's user.
      .TP
      .B CREDENTIALS_DIRECTORY
      Has the files
      .BR users ", " sources " and " token_key ,
      where no others are named, and
      .BI source\- NAME
      for the password of a source.
      .TP
      .BR NOTIFY_SOCKET ", " WATCHDOG_USEC ", " LISTEN_FDS ", " JOURNAL_STREAM
      As
      .BR systemd.exec (5),
      .BR sd_notify (3)
      and
      .BR sd_listen_fds (3)
      have them. Inherited sockets are ours by the names http and rtsp, or by their ports.
      .SH FILES
      .TP
      .I /etc/streamd/streamd.json
      The configuration of the service.
      .TP
      .I /usr/share/streamd
      The dashboard, and a sample video.
      .SH EXAMPLES
      .nf
      streamd \-\-start
      streamd \-\-start \-\-bind 0.0.0.0 \-\-media /srv/video
      .fi
      .SH SEE ALSO
      .BR streamctl (1),
      .BR streamd.json (5)

      """#
  }()

  private static let file: String = {
    var page = #"""
      .TH STREAMD.JSON 5 "" "streamd \#(version)" "File Formats"
      .SH NAME
      streamd.json \- configuration of streamd
      .SH DESCRIPTION
      A JSON object; every key may be left out. An unknown key, a value of the wrong type or out of
      range is an error that names the key and what is wanted.
      .B streamd \-\-check\-config \-\-config
      .I FILE
      finds them without starting anything.
      .PP
      Each key is also an environment variable, and each but users and sources an option of
      .BR streamd (8).
      After SIGHUP the file is read again.
      .SH KEYS

      """#
    let defaults = Configuration()
    for setting in Setting.all {
      page += ".TP\n.B \(escaped(setting.name))\n" + sentence(setting.summary)
      if setting.shape != .object { page += "Wanted: \(escaped(wanted(setting))).\n" }
      let shown = setting.show(defaults).joined(separator: ", ")
      if !shown.isEmpty, setting.shape != .object { page += "Default: \(escaped(shown)).\n" }
      page += "Changes by SIGHUP \(setting.reload.rawValue).\n"
      page += "Variable: \(setting.variable)"
      let content = setting.shape == .sources ? "the object" : "a value a line"
      page += setting.isSecret ? ", the path of a file with \(content).\n" : ".\n"
    }
    page += ".SH LIMITS\nThe keys of the object\n.BR limits :\n"
    for limit in Limit.all {
      page += ".TP\n.B \(escaped(limit.name))\n" + sentence(limit.summary)
      page += "From \(limit.range.lowerBound) to \(limit.range.upperBound), "
      page += "default \(defaults.limits[keyPath: limit.path]).\n"
    }
    return page + #"""
      .SH SOURCES
      Each key of the object
      .B sources
      is a name: letters, digits, dots, dashes, underscores and slashes, 64 at most; what begins
      with live/ is for what is published. A source stands before a file of its name. The
      value is a URL or an object:
      .TP
      .B url
      rtsp://[USER@]HOST[:PORT]/PATH, or http://[USER@]HOST[:PORT]/PATH of a multipart stream. For
      the user's password see
      .BR streamd (8).
      .TP
      .B mode
      on_demand (unless told otherwise) pulls from the first viewer on until the last one has left;
      always pulls always.
      .TP
      .B transport
      How RTP comes in: udp (unless told otherwise), which is given up for TCP where nothing comes,
      tcp, or multicast.
      .TP
      .B grace_s
      So many seconds a source plays on after its last viewer, 10 unless told otherwise, 86400 at
      most.
      .SH EXAMPLE
      .nf
      {
        "start": true,
        "bind": "0.0.0.0",
        "media": "/srv/video",
        "fps": "30000/1001",
        "allowed_servers": ["192.0.2.7:554"],
        "sources": {
          "door": "rtsp://viewer@door.example:554/stream",
          "hall": { "url": "http://192.0.2.9/stream.mjpg", "mode": "always" }
        },
        "limits": { "connections": 500 }
      }
      .fi
      .SH SEE ALSO
      .BR streamd (8)

      """#
  }()

  private static func wanted(_ setting: Setting) -> String {
    switch setting.shape {
    case .string: "a string, \(setting.wanted)"
    case .list: "a list of strings, each \(setting.wanted)"
    case .numberOrString: "a number or a string, \(setting.wanted)"
    case .boolean, .number, .object, .sources: setting.wanted
    }
  }

  private static func sentence(_ text: String) -> String {
    escaped(text.prefix(1).uppercased() + text.dropFirst()) + ".\n"
  }

  /// A hyphen would become a typographic one that cannot be copied into a shell.
  private static func escaped(_ text: String) -> String {
    text.map { $0 == "-" ? "\\-" : $0 == "\\" ? "\\e" : String($0) }.joined()
  }
}
