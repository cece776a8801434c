internal import Reactor

run(Array(CommandLine.arguments.dropFirst()))

/// A table of contents: read the arguments, make the daemon, let it run.
///
/// Exit status: 0 done, 1 cannot begin or go on, 2 bad usage.
func run(_ arguments: [String]) -> Never {
  do {
    switch try Options.parse(arguments) {
    case .help: Process.writeOutput(Options.help)
    case .version: Process.writeOutput("streamd \(version)\n")
    case .run(let options):
      Process.raiseDescriptorLimit()
      try Daemon(options).run()
    }
    Process.exit(0)
  } catch let error as Options.UsageError {
    Process.writeError("streamd: \(error.message)\n")
    Process.exit(2)
  } catch let error as Daemon.StartError {
    Process.writeError("streamd: \(error.message)\n")
    Process.exit(1)
  } catch {
    Process.writeError("streamd: \(error)\n")
    Process.exit(1)
  }
}
