internal import Wire

/// A command as people type it. The help text, the parser of arguments, and the completions of all
/// shells are made from the one table of these.
struct Command: Sendable {
  /// What can be done.
  enum Verb: String, CaseIterable, Sendable {
    case start, stop, drain, status, setup, play, pause, teardown, sessions, clients, kick, videos
    case viewers
    case sources
    case watch, snapshot, record, log, probe, bench, passwd, token, version, completions, help
  }

  /// The word behind a command, and how a shell may complete it.
  struct Operand: Sendable {
    /// As it stands in the help text: `NAME`.
    let name: String
    var isRequired = true
    var completion = Completion.none

    /// In brackets where it may be left out.
    var usage: String { isRequired ? name : "[\(name)]" }
  }

  /// What a shell can offer.
  enum Completion: Equatable, Sendable {
    case none, file
    case words([String])
    /// The commands' names.
    case commands
  }

  /// `--name VALUE`, or a flag.
  struct Option: Sendable {
    let name: String
    /// One letter behind a dash.
    var short: String?
    /// What stands behind it, as in the help text; nil for a flag.
    var value: String?
    var completion = Completion.none
    let summary: String
  }

  let verb: Verb
  var operand: Operand?
  let summary: String
  var options: [Option] = []
  /// More for the command's own help, in whole lines.
  var note = ""

  var name: String { verb.rawValue }

  static func named(_ name: String) -> Command? { all.first { $0.name == name } }

  // MARK: The table

  private static let session = Option(
    name: "--session", value: "ID", summary: "another session than the one set up last")

  /// Options that any command takes, before or behind its name.
  static let globalOptions: [Option] = [
    Option(
      name: "--url", value: "URL",
      summary: "where streamd is: $STREAMCTL_URL, or http://127.0.0.1:5000"),
    Option(
      name: "--user", value: "NAME",
      summary: "who you are: $STREAMCTL_USER, with $STREAMCTL_PASSWORD"),
    Option(name: "--token", value: "TOKEN", summary: "for a daemon with users: $STREAMCTL_TOKEN"),
    Option(
      name: "--token-file", value: "FILE", completion: .file, summary: "the token, from a file"),
    Option(name: "--all", summary: "status: of all instances that share ports"),
    Option(name: "--json", summary: "JSON for programs; one object a line for watch and log"),
    Option(name: "--help", short: "-h", summary: "this text, or a command's"),
    Option(name: "--version", summary: "the version"),
  ]

  static let all: [Command] = [
    Command(verb: .start, summary: "start the RTSP server"),
    Command(verb: .stop, summary: "stop the RTSP server, and every session with it"),
    Command(
      verb: .drain, summary: "want no more viewers; end when the last one has gone",
      options: [
        Option(
          name: "--seconds", value: "N", summary: "end after that in any case (the limit drain_s)")
      ],
      note: """
        /readyz says at once that nobody is to be sent here any more.
        """),
    Command(
      verb: .status, summary: "what the daemon is doing",
      note: """
        With --all, of every instance that shares its ports, and of all together.
        """),
    Command(verb: .videos, summary: "the files that can be played, and why others cannot"),
    Command(verb: .sources, summary: "the cameras that are relayed, and what is published"),
    Command(
      verb: .setup, operand: Operand(name: "NAME", isRequired: false),
      summary: "set a viewer session up, of a video or the first one", options: setupOptions,
      note: """
        The session is remembered: play, pause, teardown, watch and snapshot mean it from now on.
        """),
    Command(
      verb: .play, summary: "play the session, or go on after a pause",
      options: [
        Option(name: "--at", value: "SECONDS", summary: "from there, counted from the beginning"),
        session,
      ]),
    Command(verb: .pause, summary: "pause the session", options: [session]),
    Command(verb: .teardown, summary: "end the session", options: [session]),
    Command(verb: .sessions, summary: "the viewer sessions with their statistics"),
    Command(verb: .clients, summary: "the RTSP clients that are served"),
    Command(verb: .viewers, summary: "who watches over HTTP, in browsers and scripts"),
    Command(
      verb: .kick, operand: Operand(name: "ID"), summary: "end a client's or a viewer's connection"
    ),
    Command(
      verb: .watch, summary: "live statistics until Ctrl-C", options: [count, session],
      note: """
        On a terminal it redraws in place, elsewhere it prints a line a second. It shows the session
        that was set up last, or all of them where none was.
        """),
    Command(
      verb: .snapshot, summary: "the picture that the session shows, as a JPEG",
      options: [
        Option(
          name: "--output", short: "-o", value: "FILE", completion: .file,
          summary: "where to write it; standard output unless that is a terminal"), session,
      ]),
    Command(
      verb: .record,
      operand: Operand(
        name: "start|stop|list", isRequired: false,
        completion: .words(["start", "stop", "list"])),
      summary: "record a session or a live source to a file", options: recordOptions,
      note: """
        start records the session that was set up last, or what is named; stop ends that. Files go
        into the folder that the daemon was given with --recordings.
        """),
    Command(
      verb: .log, summary: "the activity log",
      options: [
        Option(name: "--follow", short: "-f", summary: "go on with new lines until Ctrl-C"),
        Option(name: "--lines", short: "-n", value: "N", summary: "only the last N lines"),
      ]),
    Command(
      verb: .probe, operand: Operand(name: "FILE", completion: .file),
      summary: "what a file is like, and whether it plays; no daemon",
      options: [
        Option(
          name: "--fps", value: "N", summary: "frames per second of a file without a rate (20)")
      ],
      note: "Exit status 1 when streamd could not play the file."),
    Command(
      verb: .bench, operand: Operand(name: "URL"),
      summary: "watch a stream with many viewers, and measure",
      options: benchOptions,
      note: """
        URL is rtsp://HOST:PORT/NAME of any server with a JPEG track, http://HOST:PORT/PATH of any
        multipart stream, or ws://HOST:PORT of a streamd. The daemon of --url is not asked.
        """),
    Command(
      verb: .passwd, operand: Operand(name: "NAME"),
      summary: "the entry of a user, for the daemon's users",
      options: [role, videos],
      note: """
        The password is asked for, or is the first line of standard input.
        example: streamctl passwd alice --role admin >> /etc/streamd/users
        """),
    Command(
      verb: .token, summary: "a signed token for a program",
      options: [
        Option(
          name: "--key", value: "FILE", completion: .file, summary: "the daemon's token_key"),
        Option(name: "--sub", value: "NAME", summary: "whom it names (streamctl)"), role,
        Option(name: "--expires", value: "TIME", summary: "from now on: 15m, 12h, 30d (12h)"),
        videos,
      ]),
    Command(
      verb: .completions,
      operand: Operand(
        name: "SHELL", completion: .words(Completions.Shell.allCases.map(\.rawValue))),
      summary: "completions for bash, zsh or fish",
      note: """
        bash: streamctl completions bash > ~/.local/share/bash-completion/completions/streamctl
        zsh:  streamctl completions zsh > /usr/local/share/zsh/site-functions/_streamctl
        fish: streamctl completions fish > ~/.config/fish/completions/streamctl.fish
        """),
    Command(verb: .version, summary: "the version"),
    Command(
      verb: .help, operand: Operand(name: "COMMAND", isRequired: false, completion: .commands),
      summary: "this text, or a command's"),
  ]

  private static let role = Option(
    name: "--role", value: "ROLE", completion: .words(Role.allCases.map(\.rawValue)),
    summary: "view, control or admin (view)")

  private static let videos = Option(
    name: "--videos", value: "PATTERNS",
    summary: "what may be watched, such as cam/*,movie.* (everything)")

  private static let count = Option(
    name: "--count", short: "-n", value: "N", summary: "end after N times")

  private static let setupOptions = [
    Option(
      name: "--server", value: "HOST:PORT", summary: "of another RTSP server that streamd allows"),
    Option(
      name: "--transport", value: "udp|tcp|multicast",
      completion: .words(["udp", "tcp", "multicast"]),
      summary: "how RTP comes in (udp)"),
  ]

  private static let recordOptions = [
    Option(name: "--source", value: "NAME", summary: "a live source, such as live/door"), session,
    Option(name: "--id", value: "N", summary: "stop: this recording of the list"),
  ]

  private static let benchOptions = [
    Option(name: "--clients", short: "-n", value: "N", summary: "how many viewers (100)"),
    Option(
      name: "--transport", value: "udp|tcp|http|ws",
      completion: .words(["udp", "tcp", "http", "ws"]), summary: "udp for rtsp://, http for http://"
    ),
    Option(
      name: "--seconds", value: "N", summary: "how long to measure once all of them play (10)"),
    Option(
      name: "--pid", value: "PID,…",
      summary: "the server's process, or several: their processor time and memory"),
    Option(
      name: "--ports", value: "FIRST-LAST", summary: "UDP ports, in pairs (45000-65535)"),
    Option(name: "--session", value: "ID", summary: "ws: watch this viewer session"),
    Option(name: "--own-sessions", summary: "ws: set up a viewer session for each viewer"),
    Option(name: "--reconnect", summary: "viewers that lose their connection come back"),
    Option(
      name: "--silence", value: "N", summary: "reconnect: after N seconds without a frame, too (10)"
    ),
  ]

  // MARK: Help

  /// `streamctl setup [options] [NAME]`.
  var usage: String {
    var text = "streamctl \(name)"
    if !options.isEmpty { text += " [options]" }
    if let operand { text += " \(operand.usage)" }
    return text
  }

  /// The text of `streamctl COMMAND --help`.
  var help: String {
    var lines = ["\(name): \(summary)", "", "usage: \(usage)"]
    if !options.isEmpty { lines += [""] + Self.rows(options) }
    lines += ["", "options of all commands:"] + Self.rows(Self.globalOptions)
    if !note.isEmpty { lines += [""] + note.split(separator: "\n").map(String.init) }
    return lines.joined(separator: "\n")
  }

  /// The text of `streamctl --help`.
  static var help: String {
    let commands = all.map { command in
      (command.operand.map { "\(command.name) \($0.usage)" } ?? command.name, command.summary)
    }
    let lines =
      ["streamctl drives a streamd daemon over its HTTP API.", ""]
      + ["usage: streamctl [options] COMMAND [options]", ""] + rows(commands) + [""]
      + rows(globalOptions) + ["", "`streamctl COMMAND --help` tells more."]
      + ["", "exit status: 0 done, 1 refused by the daemon, 2 bad usage, 3 the daemon cannot"]
      + ["be reached, 4 not authorised"]
      + ["", "example: streamctl start, then streamctl setup, streamctl play, streamctl watch"]
    return lines.joined(separator: "\n")
  }

  private static func rows(_ options: [Option]) -> [String] {
    rows(
      options.map { option in
        let names = (option.short.map { "\($0), " } ?? "") + option.name
        return (option.value.map { "\(names) \($0)" } ?? names, option.summary)
      })
  }

  private static func rows(_ pairs: [(String, String)]) -> [String] {
    let width = pairs.map(\.0.utf8.count).max() ?? 0
    return pairs.map { left, right in
      "  " + left + String(repeating: " ", count: width - left.utf8.count + 2) + right
    }
  }
}
