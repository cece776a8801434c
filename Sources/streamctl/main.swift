internal import Reactor

run(Array(CommandLine.arguments.dropFirst()))

/// A table of contents: read the arguments, do what they say, tell how it went.
func run(_ arguments: [String]) -> Never {
  Process.openStandardDescriptors()
  Interruption.ignoreBrokenPipes()
  do throws(Failure) {
    let console = Console()
    switch try Arguments.parse(arguments) {
    case .help(let command): try console.print(command?.help ?? Command.help)
    case .version(let isJSON):
      let object = JSONValue.object(["version": .string(version)])
      try console.print(isJSON ? object.text : "streamctl \(version)")
    case .run(let arguments): try Program(arguments, console).run()
    }
    Process.exit(0)
  } catch {
    if !error.message.isEmpty {
      Process.writeError("streamctl: \(PlainText.escaped(error.message))\n")
    }
    Process.exit(error.status.rawValue)
  }
}
