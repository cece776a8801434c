internal import FoundationEssentials
internal import Reactor

run(Array(CommandLine.arguments.dropFirst()), ProcessInfo.processInfo.environment)

/// A table of contents: read the arguments, make the daemon, let it run.
///
/// Exit status: 0 done, 1 cannot begin or go on, 2 bad usage or configuration.
func run(_ arguments: [String], _ environment: [String: String]) -> Never {
  Process.openStandardDescriptors()
  do {
    switch try Arguments.parse(arguments, environment: environment) {
    case .help: Process.writeOutput(Arguments.help)
    case .version: Process.writeOutput("streamd \(version)\n")
    case .manual(let section): Process.writeOutput(try ManualPage.text(section: section))
    case .checkConfiguration(let arguments):
      try Daemon.check(try arguments.configuration())
      arguments.warnOfStrangers()
      Process.writeOutput("the configuration is good\n")
    case .run(let arguments):
      let configuration = try arguments.configuration()
      Log.configure(configuration.logLevel, configuration.logFormat)
      arguments.warnOfStrangers()
      for name in arguments.secrets.idleVariables(beside: configuration.sources) {
        Log.warning("there is no such source", ["variable": name])
      }
      Process.raiseDescriptorLimit()
      Process.returnLargeBlocks()
      let daemon = try Daemon(configuration, arguments, environment: environment)
      try daemon.run()
      // It is not taken apart: what waits in it for its time may wait on.
      withExtendedLifetime(daemon) { Process.exit(0) }
    }
    Process.exit(0)
  } catch let error as Configuration.Fault {
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
