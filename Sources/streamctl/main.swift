internal import Reactor

Process.writeOutput("streamctl\n")
