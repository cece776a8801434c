/// What a shell needs to complete this program's command line, made from the table of commands.
enum Completions {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  enum Shell: String, CaseIterable {
    case bash, zsh, fish
  }

  /// The script without its last line's end.
  static func script(for shell: Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  /// Between single quotes, as bash and zsh take it.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  private static func names(_ option: Command.Option) -> [String] {
    [option.short, option.name].compactMap { $0 }
  }

  // MARK: bash

  private static var bash: String {
    let global = Command.globalOptions
    let takesValue = global.filter { $0.value != nil }.flatMap(names).joined(separator: "|")
    var lines = [
      "# bash completion for streamctl", "_streamctl() {",
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
      "  local command= words= files= i", "  COMPREPLY=()",
      "  for ((i = 1; i < COMP_CWORD; i++)); do", "    case ${COMP_WORDS[i]} in",
      "      \(takesValue)) i=$((i + 1)) ;;", "      -*) ;;",
      "      *) command=${COMP_WORDS[i]}; break ;;", "    esac", "  done",
      "  case $command:$before in",
    ]
    lines += global.compactMap { bashValue($0, of: "*") }
    for command in Command.all {
      lines += command.options.compactMap { bashValue($0, of: command.name) }
    }
    lines += ["    *)", "      case $command in"]
    let always = global.flatMap(names)
    let start = (Command.all.map(\.name) + always).joined(separator: " ")
    lines.append("        '') words='\(start)' ;;")
    for command in Command.all {
      var words = command.options.flatMap(names) + always
      var files = ""
      switch command.operand?.completion {
      case .words(let more): words = more + words
      case .commands: words = Command.all.map(\.name) + words
      case .file: files = " files=1"
      case .none?, nil: break
      }
      lines.append("        \(command.name)) words='\(words.joined(separator: " "))'\(files) ;;")
    }
    lines += ["      esac ;;", "  esac"]
    lines += [
      "  if [[ -n $files && $word != -* ]]; then", "    compopt -o filenames 2>/dev/null",
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")", "  else",
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")", "  fi", "}",
      "complete -F _streamctl streamctl",
    ]
    return lines.joined(separator: "\n")
  }

  /// The case in which an option's value is completed; nil for a flag.
  private static func bashValue(_ option: Command.Option, of command: String) -> String? {
    guard option.value != nil else { return nil }
    let cases = names(option).map { "\(command):\($0)" }.joined(separator: "|")
    switch option.completion {
    case .none, .commands: return "    \(cases)) return ;;"
    case .file: return "    \(cases)) files=1 ;;"
    case .words(let words): return "    \(cases)) words='\(words.joined(separator: " "))' ;;"
    }
  }

  // MARK: zsh

  private static var zsh: String {
    var lines = [
      "#compdef streamctl", "_streamctl() {", "  local curcontext=$curcontext state line",
    ]
    lines += ["  typeset -A opt_args", "  local -a commands=("]
    lines += Command.all.map { "    " + quoted("\($0.name):\($0.summary)") }
    lines += ["  )", "  local -a global=("]
    lines += Command.globalOptions.flatMap(zshOption).map { "    \($0)" }
    lines += [
      "  )", "  _arguments -C $global '1: :->command' '*:: :->rest' && return",
      "  case $state in", "    command) _describe -t commands command commands ;;",
      "    rest)", "      case $words[1] in",
    ]
    for command in Command.all {
      var specs = command.options.flatMap(zshOption)
      if let operand = command.operand {
        specs.append(quoted("1:\(operand.name):\(zshAction(operand.completion))"))
      }
      lines.append(
        "        \(command.name)) _arguments $global " + specs.joined(separator: " ") + " ;;")
    }
    lines += [
      "      esac ;;", "  esac", "}",
      "if [[ $funcstack[1] == _streamctl ]]; then _streamctl \"$@\"",
      "else compdef _streamctl streamctl; fi",
    ]
    return lines.joined(separator: "\n")
  }

  private static func zshOption(_ option: Command.Option) -> [String] {
    let value = option.value.map { ":\(zshText($0)):\(zshAction(option.completion))" } ?? ""
    return names(option).map { quoted("\($0)[\(zshText(option.summary))]\(value)") }
  }

  private static func zshAction(_ completion: Command.Completion) -> String {
    switch completion {
    case .none: " "
    case .file: "_files"
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .commands: "(\(Command.all.map(\.name).joined(separator: " ")))"
    }
  }

  /// Brackets and colons have a meaning in a specification.
  private static func zshText(_ text: String) -> String {
    text.reduce(into: "") { $0 += "[]:\\".contains($1) ? "\\\($1)" : String($1) }
  }

  // MARK: fish

  private static var fish: String {
    var lines = ["# fish completion for streamctl", "complete -c streamctl -f"]
    lines += Command.globalOptions.map { fishOption($0, "") }
    for command in Command.all {
      lines.append(
        "complete -c streamctl -n __fish_use_subcommand -a \(command.name) -d "
          + fishQuoted(command.summary))
      let condition = " -n '__fish_seen_subcommand_from \(command.name)'"
      lines += command.options.map { fishOption($0, condition) }
      switch command.operand?.completion {
      case .file: lines.append("complete -c streamctl\(condition) -F")
      case .words(let words):
        lines.append("complete -c streamctl\(condition) -a '\(words.joined(separator: " "))'")
      case .commands:
        let names = Command.all.map(\.name).joined(separator: " ")
        lines.append("complete -c streamctl\(condition) -a '\(names)'")
      case .none?, nil: break
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func fishOption(_ option: Command.Option, _ condition: String) -> String {
    var line = "complete -c streamctl\(condition) -l \(option.name.dropFirst(2))"
    if let short = option.short { line += " -s \(short.dropFirst())" }
    if option.value != nil {
      switch option.completion {
      case .none, .commands: line += " -x"
      case .file: line += " -r -F"
      case .words(let words): line += " -x -a '\(words.joined(separator: " "))'"
      }
    }
    return line + " -d " + fishQuoted(option.summary)
  }

  private static func fishQuoted(_ text: String) -> String {
    "'" + text.reduce(into: "") { $0 += "'\\".contains($1) ? "\\\($1)" : String($1) } + "'"
  }
}
